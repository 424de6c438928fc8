import type { EventKind } from '../event.js'
import type { Announcement } from './announcement.js'

/** Of a lightness that can be read on white and on black. */
const colours: Record<EventKind, string> = { pushed: '#2e8b57', yanked: '#d9534f', restored: '#3b82c4' }

/** The HTML part of an email. It sets no background, so that the reader's light or dark theme shows through. */
export function htmlPart(announcement: Announcement, unsubscribeUrl: string | null): string {
  const { kind, title, summary, notice, links, info, facts } = announcement
  const paragraphs = [
    `<h1 style="font-size:20px;margin:0 0 12px">${escapeHtml(title)}</h1>`,
    notice && paragraph(`<strong>${escapeHtml(notice)}</strong>`),
    paragraph(escapeHtml(summary)),
    links.length > 0 && paragraph(links.map((link) => anchor(link.url, link.label)).join(' &middot; ')),
    info && paragraph(`About: ${escapeHtml(info)}`),
    facts.length > 0 && paragraph(facts.map(escapeHtml).join('<br>'), small),
    unsubscribeUrl && paragraph(anchor(unsubscribeUrl, 'Stop these mails'), small),
  ]
  return `${head}<div style="border-left:4px solid ${colours[kind]};padding:4px 16px;max-width:640px;font:16px/1.5 sans-serif">
${paragraphs.filter(Boolean).join('\n')}
</div></body></html>
`
}

const head = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head><body>
`

const small = ';font-size:13px;opacity:.75'

function paragraph(html: string, style = ''): string {
  return `<p style="margin:0 0 12px${style}">${html}</p>`
}

function anchor(url: string, label: string): string {
  return `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
