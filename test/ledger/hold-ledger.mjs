// Opens the ledger in the folder that is the first argument, says how that went, and keeps it until it is killed.
import { openLedger } from '../../dist/src/ledger/ledger.js'

const opened = openLedger(process.argv[2])
console.log(opened.ok ? 'opened' : opened.problem.code)
// Nothing else keeps this process alive, and the ledger from being collected.
setInterval(() => opened, 1_000_000)
