/** A stranger's text as the text of an XML element or attribute: characters that XML cannot hold are left out. */
export function xmlText(text: string): string {
  return text.replace(impossible, '').replace(/[<>&"'\r]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

// Lone surrogates are among them.
const impossible = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu
