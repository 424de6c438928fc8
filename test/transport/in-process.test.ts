import { createInProcessTransport } from '../../src/transport/in-process.js'
import { transportContract } from './contract.js'

transportContract('in-process', async (makeAttempt) => createInProcessTransport(makeAttempt))
