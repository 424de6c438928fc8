/**
 * JSON text with line breaks, for reading only: numbers and escapes may be written in another way than they are sent. What
 * nobody can see, or what turns the direction of writing, stands as an escape.
 */
export function readableJson(text: string): string {
  return JSON.stringify(JSON.parse(text), null, 2).replace(unseen, escapeCharacter)
}

// The line breaks are ours: JSON has those of strings escaped.
const unseen = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function escapeCharacter(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
