import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type OrgAccount, startRubygemsOrg } from '../helpers/rubygems-org.js'
import { until } from '../helpers/wait.js'
import { secrets } from '../helpers/webhooks.js'

/** A gemherald in which something of everything has happened, the endpoints that it sent to, and its upstream. */
export interface BrowserStage {
  gemherald: TestGemherald
  /** gemherald's at the upstream. */
  account: OrgAccount
  close(): Promise<void>
}

/** Starts it, with these settings; `facts` go into the payloads of most releases. */
export async function setBrowserStage(
  env: Record<string, string>,
  facts: Record<string, unknown> = {},
): Promise<BrowserStage> {
  const sink: HttpSink = await startHttpSink()
  sink.answer('/busy', { status: 503, body: 'not today' })
  sink.answer('/gone', { status: 410 })
  const upstream = await startRubygemsOrg()
  const account = upstream.addAccount('ada', { keys: [{ text: secrets.modern }] })
  for (const gem of ['rails', 'rack', 'nokogiri', 'rake']) upstream.push(gem, '1.0')
  const gemherald = await startGemherald({ env: { RUBYGEMS_HOST: upstream.url, ...env } })
  await gemherald.addHook('*', 'inbox:demo')
  await gemherald.addHook('rails', `${sink.url}/hook`)
  await gemherald.addHook('rails', `${sink.url}/busy`)
  await gemherald.addHook('nokogiri', `${sink.url}/gone`)
  await gemherald.pushRelease('rails', '8.1.3')
  await gemherald.pushRelease('rails', '8.1.4', facts)
  await gemherald.pushRelease('rails', '9.0.0.rc1', facts)
  await gemherald.pushRelease('rack', '3.2.0', { ...facts, yanked: true })
  for (const platform of ['ruby', 'java', 'x86_64-linux-gnu', 'arm64-darwin', 'x64-mingw-ucrt'])
    await gemherald.pushRelease('nokogiri', '1.19.0', { ...facts, platform })
  await until('the rest is delivered', async () => (await gemherald.readiness()).body.pendingDeliveries === 3)
  return {
    gemherald,
    account,
    async close() {
      await gemherald.remove()
      await upstream.close()
      await sink.close()
    },
  }
}
