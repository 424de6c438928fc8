import type { IncomingWebhookSendArguments } from '@slack/webhook'
import type { EventKind } from '../event.js'
import { cut } from '../plain-text.js'
import type { Announcement, Link } from './announcement.js'

/** A message in Slack's Block Kit, within its limits. The client's own settings are no part of it. */
export type SlackMessage = Pick<IncomingWebhookSendArguments, 'text' | 'unfurl_links' | 'unfurl_media'> & {
  blocks: Block[]
}

type Block =
  | { type: 'header'; text: PlainText }
  | { type: 'section'; text: PlainText | Markup }
  | { type: 'context'; elements: PlainText[] }

interface PlainText {
  type: 'plain_text'
  text: string
  emoji: false
}

interface Markup {
  type: 'mrkdwn'
  text: string
  verbatim: true
}

const symbols: Record<EventKind, string> = { pushed: '📦', yanked: '⛔', restored: '♻️' }

const longestHeader = 150
const longestInfo = 300
const longestFact = 300
// Three links and what joins them must fit into the 3000 characters of one section.
const longestLink = 950

/** Lays out an announcement for Slack. What strangers wrote stands in plain text, where no markup has a meaning. */
export function slackMessage(announcement: Announcement): SlackMessage {
  const { kind, title, summary, notice, info, facts } = announcement
  const links = announcement.links.map(markupLink).filter((link) => link.length <= longestLink)
  return {
    text: [`${inert(title)} – ${inert(summary)}`, links.join(' · ')].filter(Boolean).join('\n'),
    blocks: [
      { type: 'header', text: plainText(`${symbols[kind]} ${title}`, longestHeader) },
      ...(notice === null ? [] : [section(plainText(notice, longestInfo))]),
      section(plainText(summary, longestInfo)),
      ...(links.length === 0 ? [] : [section(markup(links.join('  ·  ')))]),
      ...(info === '' ? [] : [section(plainText(info, longestInfo))]),
      ...(facts.length === 0 ? [] : [context(facts)]),
    ],
    unfurl_links: false,
    unfurl_media: false,
  }
}

function section(text: PlainText | Markup): Block {
  return { type: 'section', text }
}

function context(facts: string[]): Block {
  return { type: 'context', elements: facts.map((fact) => plainText(fact, longestFact)) }
}

/** `emoji: false` keeps a stranger's `:name:` from becoming a picture. */
function plainText(text: string, max: number): PlainText {
  return { type: 'plain_text', text: cutEscaped(escapeText(text), max), emoji: false }
}

/** `verbatim: true` keeps Slack from turning `@name` and `#name` into mentions. */
function markup(text: string): Markup {
  return { type: 'mrkdwn', text, verbatim: true }
}

// A link and not a button: Slack puts a warning beside a button of an app that answers no clicks.
function markupLink(link: Link): string {
  return `<${escapeText(link.url)}|${link.label}>`
}

/**
 * The fallback is markup, in which Slack looks for addresses, too: `2.0.0.dev` is one, and `_x_` is slanted. Such words
 * are shown as code, where neither happens.
 */
function inert(text: string): string {
  return escapeText(text).replace(word, (found) => (meansMore.test(found) ? `\`${found}\`` : found))
}

const word = /[\w+-](?:[\w.+-]*[\w+-])?/g
const meansMore = /^_|_$|[.+-]_|_[.+-]|\.[A-Za-z]{2,}(?![A-Za-z0-9])/

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function cutEscaped(text: string, max: number): string {
  return cut(text, max).replace(/&[a-z]*…$/, '…')
}
