import type { Database } from './open.js'

/** Counts and moments of all events, kept as they come: counting them anew would take long. Moments in ms since the epoch. */
export interface Tallies {
  /** Events that only webhooks told of. */
  webhook: number
  /** Events that only catching up found: webhooks missed them, or were not registered yet. */
  catchUp: number
  /** Events that both told of. */
  both: number
  confirmed: number
  unconfirmed: number
  refuted: number
  /** Of those that only catching up found, the ones created before anybody listened. */
  history: number
  /** When a webhook last told something new. */
  lastWebhook: number | null
}

type Count = Exclude<keyof Tallies, 'lastWebhook'>

/** Gathers what one commit changes in the tallies. */
export interface TallySheet {
  add(name: Count, change: number): void
  webhookCame(at: number): void
  /** Writes it; part of the commit that it is called in. */
  write(): void
}

const names: Record<keyof Tallies, string> = {
  webhook: 'webhook',
  catchUp: 'catch-up',
  both: 'both',
  confirmed: 'confirmed',
  unconfirmed: 'unconfirmed',
  refuted: 'refuted',
  history: 'history',
  lastWebhook: 'last webhook',
}

/** Reads the tallies. */
export function talliesIn({ $client: client }: Database): { read(): Tallies } {
  const all = client.prepare<[], { name: string; value: number }>('SELECT name, value FROM tallies')
  return {
    read() {
      const values = new Map(all.all().map(({ name, value }) => [name, value]))
      const count = (name: Count) => values.get(names[name]) ?? 0
      return {
        webhook: count('webhook'),
        catchUp: count('catchUp'),
        both: count('both'),
        confirmed: count('confirmed'),
        unconfirmed: count('unconfirmed'),
        refuted: count('refuted'),
        history: count('history'),
        lastWebhook: values.get(names.lastWebhook) ?? null,
      }
    },
  }
}

/** Makes sheets: one for each commit. */
export function tallySheets({ $client: client }: Database): () => TallySheet {
  const add = client.prepare(
    'INSERT INTO tallies (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value',
  )
  // The last one counts, not the latest: the clock may have been wrong.
  const note = client.prepare(
    'INSERT INTO tallies (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  return () => {
    const changes = new Map<Count, number>()
    let lastWebhook: number | null = null
    return {
      add(name, change) {
        changes.set(name, (changes.get(name) ?? 0) + change)
      },
      webhookCame(at) {
        lastWebhook = Math.max(lastWebhook ?? at, at)
      },
      write() {
        for (const [name, change] of changes) if (change !== 0) add.run(names[name], change)
        if (lastWebhook !== null) note.run(names.lastWebhook, lastWebhook)
      },
    }
  }
}
