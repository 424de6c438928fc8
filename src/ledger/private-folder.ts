import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'

/**
 * Sees to it that DATA_DIR is there and that only its owner may look into it (mode 0700). A folder that was there before is
 * closed where it is this user's own and holds nothing but gemherald's files: closing a folder that others use, such as a
 * home, would lock them out, and every file of ours is closed by itself. Throws when that cannot be.
 */
export function privateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { mode, uid } = statSync(folder)
  const open = (mode & 0o077) !== 0
  if (open && uid === process.getuid?.() && readdirSync(folder).every(isOurs)) chmodSync(folder, 0o700)
}

/** `lost+found` comes with a volume of its own. */
function isOurs(name: string): boolean {
  return /^(ledger\.db|secret$|server\.lock|upstream-versions|lost\+found$)/.test(name)
}
