import { rooms } from './rooms.js'

/** What the keys do; the script opens it. */
export function KeyHelp() {
  return (
    <dialog id="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">
        <Key keys={['/']} does="Search" />
        <Key keys={['j', 'k']} does="Next row, row before" />
        <Key keys={['Enter']} does="Open the row" />
        {rooms.map(({ room, name, key }) => (
          <Key key={room} keys={['g', key]} does={name} />
        ))}
        <Key keys={['?']} does="This help" />
      </dl>
      <label class="choice">
        <input type="checkbox" id="keys-on" checked />
        Use these keys in this browser
      </label>
      <form method="dialog">
        <button type="submit" class="button">
          Close
        </button>
      </form>
    </dialog>
  )
}

function Key({ keys, does }: { keys: readonly string[]; does: string }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </div>
  )
}
