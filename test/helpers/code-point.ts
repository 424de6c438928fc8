import fc from 'fast-check'

/**
 * Any character but half of a surrogate pair: the unit of strings in which everything may stand. It is fast-check's
 * `binary`, which takes every test process a second to prepare.
 */
export const codePoint = fc
  .integer({ min: 0, max: 0x10_ffff - 0x800 })
  .map((number) => String.fromCodePoint(number < 0xd800 ? number : number + 0x800))
