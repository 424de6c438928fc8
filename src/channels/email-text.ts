import type { Announcement } from './announcement.js'

/** The plain text part of an email. Every line begins with words of ours, so that no stranger's line passes for ours. */
export function textPart(announcement: Announcement, unsubscribeUrl: string | null): string {
  const { title, summary, notice, links, info, facts } = announcement
  const paragraphs = [
    title,
    notice,
    summary,
    links.map((link) => `${link.label}: ${link.url}`).join('\n'),
    info && `About: ${info}`,
    facts.join('\n'),
    unsubscribeUrl === null ? null : `-- \nStop these mails: ${unsubscribeUrl}`,
  ]
  return paragraphs.filter(Boolean).join('\n\n')
}
