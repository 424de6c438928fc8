import { ownCommand } from '../../own-command.js'
import { Code } from '../parts/code.js'
import { Panel } from '../parts/panel.js'
import type { Setup } from '../setup-parts.js'

/** How to make a copy of what gemherald remembers, and of what opens it. */
export function Backup({
  setup: { dataDir, ledgerBytes },
}: {
  setup: Pick<Setup, 'dataDir' | 'ledgerBytes'>
}) {
  const bytes = ledgerBytes()
  return (
    <Panel id="backup" title="Backup" live>
      <p>
        The ledger lies in <span class="mono">{dataDir}</span>
        {bytes !== null && ` and takes ${megabytes(bytes)}`}. This copies it while the server goes on:
      </p>
      <Code
        text={`DATA_DIR=${quoted(dataDir)} ${ownCommand} backup "gemherald-$(date +%F).db"`}
        language="sh"
        label="Command"
      />
      <p class="muted">
        Keep the secret with it, which API keys are sealed with: the file <span class="mono">secret</span> in
        the same folder, or GEMHERALD_SECRET. <span class="mono">{ownCommand} restore FILE</span> makes a
        backup the ledger again.
      </p>
    </Panel>
  )
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toLocaleString('en', { maximumFractionDigits: 1 })} MB`
}

/** A word of the shell that means itself. */
function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
