import { readFileSync, rmSync, statSync, utimes, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from './run.mjs'

const lockFile = join(root, '.prepare.lock')
const beat = 500
const beatsUntilStale = 10

/**
 * Does `work` while no other process in this checkout does work of its own; returns what it returns.
 * The holder touches the lock file twice a second. One left untouched for five seconds belongs to a process
 * that was killed, and is taken over. No process ids: they are reused, and mean nothing across containers.
 */
export async function withLock(work) {
  const token = `${process.pid} ${Math.random()}`
  await acquire(token)
  const heart = setInterval(touch, beat)
  try {
    return await work()
  } finally {
    clearInterval(heart)
    if (isMine(token)) rmSync(lockFile)
  }
}

async function acquire(token) {
  if (create(token)) return
  console.error('Waiting for another process that is preparing this checkout…')
  let last
  for (let beats = 0; ; beats++) {
    await sleep(beat)
    if (create(token)) return
    const touched = lastTouched()
    if (touched !== last) beats = 0
    else if (beats >= beatsUntilStale && (await takeOver(token))) return
    last = touched
  }
}

function create(token) {
  try {
    writeFileSync(lockFile, token, { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

// Two processes may take over at the same moment: the last one to write has the lock, so look again after a while.
async function takeOver(token) {
  writeFileSync(lockFile, token)
  await sleep(beat)
  return isMine(token)
}

function isMine(token) {
  return lastTouched() !== undefined && readFileSync(lockFile, 'utf8') === token
}

function lastTouched() {
  return statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs
}

// A lock file that vanished is no reason to stop the work half-way.
function touch() {
  utimes(lockFile, new Date(), new Date(), () => {})
}
