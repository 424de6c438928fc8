/**
 * Characters that nobody sees and that change how others are seen: controls (line breaks aside), direction marks, joiners
 * but those that scripts and emoji need, fillers, halves of surrogate pairs, private use, and those that are none at all.
 */
export function hiddenCharacters(text: string): string[] {
  return text.match(hidden) ?? []
}

const hidden = /(?!\n|\u200C|\u200D|[\uFE00-\uFE0F])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}\p{NChar}]/gu
