import { Empty } from '../parts/empty.js'

/** Stands where releases will: how the first one gets here. `hasHooks`: the account has some already. */
export function NoReleasesYet({ hasHooks }: { hasHooks: boolean }) {
  return <Empty title="No releases yet">{hasHooks ? <WithHooks /> : <WithoutHooks />}</Empty>
}

function WithHooks() {
  return (
    <>
      <p>
        Your hooks are ready, and a release shows up here the moment gemherald hears of it. Test fires are not
        listed here: those that went to an inbox <a href="/inbox">are kept there</a>.
      </p>
      <p>Next, let RubyGems.org tell gemherald of releases:</p>
      <p>
        <a class="button primary" href="/setup">
          Go on to Setup
        </a>
      </p>
    </>
  )
}

function WithoutHooks() {
  return (
    <>
      <p>A release shows up here the moment gemherald hears of it. There are two ways to begin:</p>
      <ol class="plain-list">
        <li>
          <a href="/setup">Register the receiver URL</a> with RubyGems.org, so that it tells gemherald of
          every release.
        </li>
        <li>
          <a href="/hooks">Add a hook and press Test fire</a>: it shows at once what your team would be told.
        </li>
      </ol>
    </>
  )
}

/** Stands where the list would, when filters leave nothing of it. */
export function NothingFound() {
  return (
    <Empty title="Nothing found">
      <p>
        No release fits these filters. <a href="/">Clear the filters</a> to see all of them.
      </p>
    </Empty>
  )
}
