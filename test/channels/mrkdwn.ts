/** What a text in Slack's markup says beside its words. */
export interface Markup {
  /** `<!channel>`, `<@U1>`, `<#C1>`, and whatever else stands in angle brackets without being a link. */
  mentions: string[]
  links: { url: string; label: string }[]
  /** What Slack makes a link of without being asked: addresses of the web and of mail, bare domains. */
  autoLinks: string[]
  /** What is shown bold, slanted, struck through, as a quote or as a picture. Code is not among them: nothing works in it. */
  formatted: string[]
  /** Where the text breaks the rules: a lone angle bracket, an ampersand that begins no entity. */
  faults: string[]
}

/** Reads a text as Slack does, and where in doubt as the most eager of those that take Slack's messages would. */
export function readMarkup(text: string): Markup {
  const markup: Markup = { mentions: [], links: [], autoLinks: [], formatted: [], faults: [] }
  const rest = text.replace(/<([^<>]*)>/g, (whole, inside: string) => {
    const link = /^(https?:\/\/[^\s|]+)\|([^|]+)$/.exec(inside)
    if (link === null) markup.mentions.push(whole)
    else markup.links.push({ url: decodeEntities(link[1] as string), label: link[2] as string })
    // What it is replaced with, neither joins nor ends a word.
    return '·'
  })
  markup.faults = rest.match(/[<>]|&(?!(?:amp|lt|gt);)|[^\P{Cc}\n]/gu) ?? []
  const words = decodeEntities(rest.replace(/```[\s\S]*?```|`[^`\n]+`/g, '·'))
  markup.autoLinks = words.match(autoLink) ?? []
  markup.mentions.push(...(words.match(/[@#][\p{L}\p{N}]/gu) ?? []))
  markup.formatted = formats.flatMap((format) => words.match(format) ?? [])
  return markup
}

/** Turns Slack's three entities into characters. */
export function decodeEntities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

// Any word, a dot and two letters that begin no longer word can be a domain: there are 1,500 of the last part.
const autoLink =
  /[a-z][a-z\d+.-]*:\/\/\S+|(?:mailto|javascript|data|tel):\S+|[\w-]+\.[a-z]{2,}(?![a-z\d])|\S+@\S+/gi

// A sign counts at the edge of a word, and in Markdown beside any punctuation.
const formats = [
  /(?<![\p{L}\p{N}])\*[^\s*][^*]*\*/gu,
  /(?<![\p{L}\p{N}_])_+[^\s_].*?_(?![\p{L}\p{N}])/gu,
  /(?<![\p{L}\p{N}])~[^\s~][^~]*~/gu,
  /`/g,
  /:[a-z\d_+'-]+:/gi,
  /^\s*(?:>|#+ |[-*+] |\d+[.)] )/gm,
  /!?\[[^\]]*\]\([^)]*\)/g,
]
