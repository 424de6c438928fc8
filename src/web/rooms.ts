import type { Room } from './send-page.js'

/** What the navigation leads to, in its order. `key` opens the room after `g`. */
export const rooms: readonly { room: Room; name: string; path: string; key: string }[] = [
  { room: 'releases', name: 'Releases', path: '/', key: 'r' },
  { room: 'hooks', name: 'Hooks', path: '/hooks', key: 'h' },
  { room: 'dead', name: 'Dead letters', path: '/dead', key: 'd' },
  { room: 'inbox', name: 'Inbox', path: '/inbox', key: 'i' },
  { room: 'setup', name: 'Setup', path: '/setup', key: 's' },
]
