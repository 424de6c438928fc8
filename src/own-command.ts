import { packageRoot } from './about.js'

/** How commands are called here: from a checkout's folder (or the image's), by name where gemherald is installed. */
export const ownCommand = commandOf(packageRoot)

/** The same for a package in this folder. */
export function commandOf(folder: string): string {
  return /[\\/]node_modules[\\/]/.test(folder) ? 'gemherald' : 'bin/gemherald'
}
