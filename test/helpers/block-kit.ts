type Thing = Record<string, unknown>

/**
 * What Slack would refuse in blocks, one sentence each; none when it takes them. By the reference of Block Kit, as far as
 * gemherald uses it: any other block, element or key is refused. Lengths are counted in UTF-16 units, before entities are
 * decoded, which is never less than what Slack counts.
 */
export function blockFaults(blocks: unknown): string[] {
  if (!Array.isArray(blocks) || blocks.length < 1 || blocks.length > 50) return ['not 1 to 50 blocks']
  return blocks.flatMap((block, i) => faultsOf(block).map((fault) => `block ${i}: ${fault}`))
}

function faultsOf(block: unknown): string[] {
  if (!isThing(block)) return ['not an object']
  const check = blockChecks[String(block.type)]
  return check === undefined ? [`the type ${JSON.stringify(block.type)}`] : check(block)
}

const blockChecks: Record<string, (block: Thing) => string[]> = {
  divider: (block) => unknownKeys(block, ['type']),
  header: (block) => [
    ...unknownKeys(block, ['type', 'text']),
    ...textFaults(block.text, 150, ['plain_text']),
  ],
  section: (block) => [
    ...unknownKeys(block, ['type', 'text', 'fields']),
    ...(block.text === undefined && block.fields === undefined ? ['neither text nor fields'] : []),
    ...(block.text === undefined ? [] : textFaults(block.text, 3000)),
    ...(block.fields === undefined ? [] : listFaults(block.fields, 2000)),
  ],
  context: (block) => [...unknownKeys(block, ['type', 'elements']), ...listFaults(block.elements, 3000)],
}

function listFaults(list: unknown, longest: number): string[] {
  if (!Array.isArray(list) || list.length < 1 || list.length > 10) return ['not 1 to 10 texts']
  return list.flatMap((text) => textFaults(text, longest))
}

/** `emoji` belongs to plain text and `verbatim` to markup; Slack refuses them elsewhere. */
function textFaults(text: unknown, longest: number, types = ['plain_text', 'mrkdwn']): string[] {
  if (!isThing(text) || !types.includes(String(text.type)))
    return [`no text of the type ${types.join(' or ')}`]
  const option = text.type === 'plain_text' ? 'emoji' : 'verbatim'
  return [
    ...unknownKeys(text, ['type', 'text', option]),
    ...(['boolean', 'undefined'].includes(typeof text[option]) ? [] : [`${option} is not a boolean`]),
    ...wordingFaults(text.text, longest),
  ]
}

function wordingFaults(words: unknown, longest: number): string[] {
  if (typeof words !== 'string') return ['a text that is no string']
  if (words.length > longest) return [`a text of ${words.length} characters, ${longest} are allowed`]
  return words.trim() === '' ? ['a text without any character'] : []
}

function unknownKeys(thing: Thing, known: string[]): string[] {
  return Object.keys(thing)
    .filter((key) => !known.includes(key))
    .map((key) => `the key ${JSON.stringify(key)}`)
}

function isThing(value: unknown): value is Thing {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
