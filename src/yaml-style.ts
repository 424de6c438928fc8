/** How a text is written in YAML. */
export type Style = 'plain' | 'single' | 'double' | 'literal'

/** The style in which Ruby's psych 5 over libyaml 0.2.5 writes a text: plain where that reads back as the same string. */
export function styleOf(text: string): Style {
  const style = styleByMeaning(text)
  if (style === 'literal') return canBeBlock(text) ? 'literal' : 'double'
  if (style === 'double' || !canBeSingleQuoted(text)) return 'double'
  return style === 'single' || !canBePlain(text) ? 'single' : 'plain'
}

/** What libyaml can only write as an escape: it takes nothing above U+FFFF for printable. */
export const unprintable = /[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u

/** What libyaml takes for the end of a line. */
export const lineBreak = /[\n\r\x85\u2028\u2029]/

/** What psych asks for, so that a text is not read back as something else. */
function styleByMeaning(text: string): Style {
  if (/\n(?!\n?$)/.test(text)) return 'literal'
  if (/^[yn]$/i.test(text) || startsOddly(text)) return 'double'
  return readsAsOther(text) ? 'single' : 'plain'
}

function startsOddly(text: string): boolean {
  return /^[^\p{L}\p{M}\p{Nd}\p{Pc}][^"]*$/u.test(text) || text.endsWith('\n\n')
}

function readsAsOther(text: string): boolean {
  return (
    text === '' ||
    wordsOfYaml.test(text) ||
    /^:.*"/.test(text) ||
    numbers.some((pattern) => pattern.test(text)) ||
    isTime(text)
  )
}

const wordsOfYaml = /^(?:null|yes|true|on|no|false|off)\n?$/i

// YAML 1.1 as psych reads it, and octals with an 8 or a 9, which other readers take for numbers.
const numbers = [
  /^(?:0|[1-9](?:[,_]?[0-9])*)$/,
  /^0[_,]*[0-7][0-7_,]*$/,
  /^0b[_,]*[01][01_,]*$/,
  /^0x[_,]*[0-9a-fA-F][0-9a-fA-F_,]*$/,
  /^0[0-7]*[89]/,
  /^[0-9][0-9_,]*\.[0-9]*(?:[eE][-+][0-9]+)?$/,
  /^[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}(?:\.[0-9_]*)?$/,
]

function isTime(text: string): boolean {
  const date = /^(\d{4})-(1[012]|0?\d)-([12]\d|3[01]|0?\d)$/.exec(text)
  if (date !== null) return isDay(Number(date[1]), Number(date[2]), Number(date[3]))
  const parts = dateAndTime.exec(text)
  if (parts === null) return false
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 6).map(Number)
  const isOnClock = minute <= 59 && second <= 60 && (hour <= 23 || (hour === 24 && minute + second === 0))
  return isOnClock && month >= 1 && month <= 12 && day >= 1 && day <= 31 && isZone(parts[6] ?? '')
}

const dateAndTime =
  /^\d{4}-(\d\d?)-(\d\d?)(?:[Tt]|[ \t\r\f\v]+)(\d\d?):(\d\d):(\d\d)(?:\.\d*)?(?:[ \t\r\f\v]*(?:Z|[-+](\d\d?:?(?:\d\d)?)))?$/

function isZone(offset: string): boolean {
  const [, hours = 0, minutes = 0] = /^(\d\d?):?(\d*)$/.exec(offset) ?? []
  return Number(hours) * 60 + Number(minutes) < 1440
}

function isDay(year: number, month: number, day: number): boolean {
  // Every 400 years the calendar repeats itself; Date takes years below 100 for those of the last century.
  const date = new Date(Date.UTC(2000 + (year % 400), month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

function canBePlain(text: string): boolean {
  return (
    !lineBreak.test(text) &&
    !/^ | $/.test(text) &&
    !/^(?:---|\.\.\.)/.test(text) &&
    !/^[#,[\]{}&*!|>'"%@`]|^[?:-](?: |$)/.test(text) &&
    !/:(?: |$)| #/.test(text)
  )
}

function canBeSingleQuoted(text: string): boolean {
  return !unprintable.test(text) && !/[\n\u2028\u2029] | [\n\u2028\u2029]/.test(text)
}

function canBeBlock(text: string): boolean {
  return !unprintable.test(text) && !/ [\n\u2028\u2029]| $/.test(text)
}
