import { startArrivals } from '../arrivals.js'
import { pause } from '../client.js'
import { createInstallation } from '../installation.js'
import { integrityOf } from '../integrity.js'
import { check, type Finding, type Row } from '../row.js'
import { allDelivered, allRecorded, score, soundness } from '../score.js'

export interface ServerKills {
  kills: number
  events: number
}

/** Row 1: the server is killed again and again while webhooks are posted. */
export const serverKills: Row<ServerKills> = {
  number: 1,
  fault: 'server kill -9 while webhooks are posted',
  long: { kills: 100, events: 10_000 },
  quick: { kills: 8, events: 800 },
  run: killServers,
}

const paths = ['/a', '/b']
const longestLifeMs = 1200
const atOnce = 16
const answerMs = 20

export async function killServers({ kills, events }: ServerKills): Promise<Finding> {
  const arrivals = await startArrivals(() => pause(answerMs).then(() => 200))
  const installation = createInstallation()
  const { client, dataDir } = installation
  try {
    let running = await installation.server()
    for (const path of paths) await client.addHook(`${arrivals.url}${path}`)

    // As many are left for each life as makes them last to the end.
    let left = events
    const intact: string[] = []
    for (let kill = 0; kill < kills; kill += 1) {
      const share = Math.ceil(left / (kills - kill))
      left -= share
      // Spread over the life, so that a kill at any moment meets some under way.
      const posted = client.postMany(share, atOnce, (longestLifeMs * atOnce) / share)
      await pause(Math.random() * longestLifeMs)
      await running.end('SIGKILL')
      intact.push(integrityOf(dataDir))
      running = await installation.server()
      await posted
    }
    const cutOff = client.statuses.get(0) ?? 0
    const keptAlready = client.statuses.get(200) ?? 0
    const duplicates = await client.repeatAll()
    await allDelivered(client, arrivals, paths)
    await allRecorded(client)
    await running.end('SIGTERM')
    intact.push(integrityOf(dataDir))

    const scored = score(client, arrivals, paths)
    const sound = intact.filter((found) => found === 'ok').length
    return {
      ...scored,
      done: `${kills} × kill -9, ${cutOff} posts cut off, ${keptAlready} of them kept already`,
      checks: [
        ...soundness(scored),
        check('posted once more, all duplicates', duplicates, duplicates === scored.accepted),
        check('integrity_check ok every time', `${sound} of ${intact.length}`, sound === intact.length),
        check(`${events} posted`, scored.accepted, scored.accepted === events),
      ],
    }
  } finally {
    await installation.end()
    await arrivals.close()
  }
}
