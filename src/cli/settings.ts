import type { Config } from '../config.js'
import { failWith } from './fail.js'

/** The settings of the environment. When they are wrong the command has ended (`failWith`), and there are none. */
export async function loadConfig(): Promise<Config | undefined> {
  // Loaded here, so that --help and --version of any command need not wait for it.
  const { readConfig } = await import('../config.js')
  const config = readConfig(process.env)
  if (config.ok) return config.value
  failWith(config.problem)
  return undefined
}
