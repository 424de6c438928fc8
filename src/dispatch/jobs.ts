import type { Job, Message } from '../delivery.js'
import type { Lease } from '../ledger/deliveries.js'
import type { Ledger } from '../ledger/ledger.js'
import { readAccepted, wireBody } from '../payload.js'
import { readVia, writeVia } from '../via.js'

export interface JobParts {
  ledger: Pick<Ledger, 'deliveries' | 'installation'>
  /** The API key that signs an account's webhooks. */
  signingKey(accountId: number): string
  unsubscribeUrl(endpointId: number): string
  gemPage(gemName: string): string
  /** What outbound requests may reach besides the public internet. */
  allow: readonly string[]
}

type EventMessage = Omit<Message, 'id'>

const remembered = 64
const longestRemembered = 64 * 1024

/** Turns leases into jobs that carry all that their attempt needs (DESIGN law 4). */
export function createJobMaker(parts: JobParts): (lease: Lease) => Job {
  const { ledger, signingKey, unsubscribeUrl, allow } = parts
  // One event goes to many endpoints in a row, so its message is made once.
  const messages = new Map<number, EventMessage>()

  const messageOf = (eventId: number): EventMessage => {
    const known = messages.get(eventId)
    if (known !== undefined) return known
    const message = readMessage(parts, eventId)
    if (messages.size >= remembered) messages.delete(messages.keys().next().value ?? eventId)
    if (message.body.length <= longestRemembered) messages.set(eventId, message)
    return message
  }

  return (lease) => {
    const address = ledger.deliveries.address(lease.endpointId)
    if (address === undefined)
      throw new Error(`Delivery ${lease.deliveryId} goes to an endpoint that the ledger lacks.`)
    return {
      deliveryId: lease.deliveryId,
      attempt: lease.attempt,
      channel: lease.channel,
      url: address.url,
      accountId: address.accountId,
      message: { id: `msg_${ledger.installation}_${lease.deliveryId}`, ...messageOf(lease.eventId) },
      apiKey: signingKey(address.accountId),
      allow,
      unsubscribeUrl: lease.channel === 'email' ? unsubscribeUrl(lease.endpointId) : null,
    }
  }
}

function readMessage({ ledger, gemPage }: JobParts, eventId: number): EventMessage {
  const facts = ledger.deliveries.eventFacts(eventId)
  if (facts === undefined) throw new Error(`A delivery is about event ${eventId}, which the ledger lacks.`)
  const { kind, previous, receivedAt, via, payload } = facts
  const accepted = readAccepted(payload)
  return {
    kind,
    gemName: accepted.name,
    number: accepted.version,
    previous,
    body: wireBody(accepted),
    gemPage: gemPage(accepted.name),
    origin: 'event',
    occurredAt: receivedAt,
    via: writeVia(readVia(via ?? undefined), ledger.installation),
  }
}
