import { afterEach, beforeEach, expect, it } from 'vitest'
import { formNamed, linkOf, openPageStage, type PageStage, titlesOf } from './page-stage.js'

let stage: PageStage
beforeEach(async () => {
  stage = await openPageStage()
})
afterEach(() => stage.close())

const post = ({ action, ...fields }: Record<string, string>) => stage.post(action ?? '', fields)

it('leads from an empty page over the form as it stands to a message with its three previews', async () => {
  const empty = await stage.get('/hooks')
  expect(empty.page.text).toContain('No hooks yet')
  const form = formNamed(empty, 'Add hook')
  expect(form).toMatchObject({ action: '/hooks', gem: '*', url: 'inbox:demo' })

  const added = await post(form)
  expect([added.status, added.location]).toEqual([303, '/hooks?did=added'])
  const listed = await stage.get(added.location ?? '')
  expect(listed.page.text).toContain('Hook added. Press Test fire to see what it sends.')

  const fired = await post(formNamed(listed, 'Test fire * to inbox:demo'))
  expect(fired.status).toBe(200)
  expect(fired.page.text).toContain('Delivered to inbox:demo.')
  expect(fired.page.text).toContain('gemcutter')
  expect(titlesOf(fired)).toEqual([
    'The release',
    'The delivery',
    'How Slack, email and webhooks show it',
    'Slack',
    'Email',
    'Webhook',
  ])

  const message = await stage.get(linkOf(fired, 'Open it in the inbox demo') ?? '')
  expect(message.page.text).toContain('Test: gemcutter 0.7.1 released')
  expect((await stage.get('/inbox')).page.text).toMatch(/demo\s*1 message/)
  const inbox = await stage.get('/inbox/demo')
  expect(inbox.page.elements.filter(({ attributes }) => attributes['data-row'])).toMatchObject([
    { text: 'Test: gemcutter 0.7.1 released', attributes: { href: '/inbox/demo/1' } },
  ])
})
