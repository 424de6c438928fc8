import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's own folder: the same from a checkout, from dist/ and when installed. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)))

/** The package's version, as package.json has it. */
export const version: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version

/** What gemherald calls itself in every outbound request. */
export const userAgent = `gemherald/${version}`

function findPackageRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findPackageRoot(dirname(folder))
}
