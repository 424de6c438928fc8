import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

/** The folder of the checkout, without a slash at the end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

/**
 * Runs a command in the checkout's folder, its output going where ours goes. Resolves with its exit code.
 * Rejects when it cannot be started, or when it or this process is told to stop meanwhile; a signal that
 * arrives here is passed on, and the command has ended before the promise settles.
 */
export async function run(command, args, env = {}) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  let stoppedBy
  const passOn = (signal) => {
    stoppedBy = signal
    child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, passOn)
  try {
    const { code, signal } = await ended(child)
    if (stoppedBy ?? signal) throw stopped(command, stoppedBy ?? signal)
    return code
  } finally {
    for (const signal of signals) process.off(signal, passOn)
  }
}

/** Runs a JavaScript file with this same Node.js; otherwise like `run`. */
export function runNode(args, env) {
  return run(process.execPath, args, env)
}

/** Ends this process because of `error`: its message on stderr, its `exitCode` or else 1. */
export function exitWith(error) {
  console.error(error.exitCode ? error.message : error)
  process.exit(error.exitCode ?? 1)
}

/** An error that needs no stack trace: the person at the keyboard can put it right. */
export function failure(message, exitCode = 1) {
  return Object.assign(new Error(message), { exitCode })
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
}

function stopped(command, signal) {
  return failure(`${command} was stopped by ${signal}.`, 128 + constants.signals[signal])
}
