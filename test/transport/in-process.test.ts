import { createInProcessTransport } from '../../src/transport/in-process.js'
import { withInbox } from '../../src/transport/with-inbox.js'
import { transportContract } from './contract.js'

transportContract('in-process', async (makeAttempt) =>
  withInbox(createInProcessTransport(makeAttempt), makeAttempt),
)
