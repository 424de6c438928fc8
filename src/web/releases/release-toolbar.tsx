import { deliveryStates, deliveryWords } from '../release/delivery-words.js'
import { eventKinds, hrefOf, isNarrow, type ReleaseView } from './release-view.js'

/** Search and filters of the list of releases. Without JavaScript the button sends them. */
export function ReleaseToolbar({ view }: { view: ReleaseView }) {
  const { gem, search, kind, state } = view.filter
  return (
    <search>
      <form class="toolbar" method="get" action="/" data-search>
        {gem !== undefined && <input type="hidden" name="gem" value={gem} />}
        <label class="field">
          <span class="visually-hidden">Search by name of gem</span>
          <input
            type="search"
            name="search"
            value={search ?? ''}
            placeholder="Search gems"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
          />
        </label>
        <Choice label="Kind" name="kind" all="All kinds" chosen={kind}>
          {eventKinds.map((known) => ({ value: known, text: known }))}
        </Choice>
        <Choice label="Deliveries" name="state" all="Any deliveries" chosen={state}>
          {deliveryStates.map((known) => ({ value: known, text: `with ${deliveryWords[known].text} ones` }))}
        </Choice>
        <button class="button" type="submit">
          Search
        </button>
        <span class="cluster" data-live="filters">
          {gem !== undefined && <GemChip view={view} gem={gem} />}
          {isNarrow(view) && (
            <a class="clear" href="/">
              Clear filters
            </a>
          )}
        </span>
      </form>
    </search>
  )
}

interface ChoiceProps {
  label: string
  name: string
  /** What choosing nothing is called. */
  all: string
  chosen: string | undefined
  children: { value: string; text: string }[]
}

function Choice({ label, name, all, chosen, children }: ChoiceProps) {
  return (
    <label class="field">
      <span class="visually-hidden">{label}</span>
      <select name={name}>
        <option value="">{all}</option>
        {children.map(({ value, text }) => (
          <option key={value} value={value} selected={value === chosen}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

function GemChip({ view, gem }: { view: ReleaseView; gem: string }) {
  const { gem: _, ...filter } = view.filter
  return (
    <a class="chip" href={hrefOf({ filter, before: null })}>
      only <strong>{gem}</strong> <span aria-hidden="true">×</span>
      <span class="visually-hidden">: show all gems again</span>
    </a>
  )
}
