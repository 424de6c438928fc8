// What the pages do better with JavaScript: they stay current, are searched as one types, and obey keys.
// Everything works without it. What a room needs of it is said in attributes:
//   data-live="NAME"     kept current: replaced by the part of the same name from the server
//   data-search          a form (GET) that is sent as one types
//   data-progress="URL"  while such an element is there, URL (or this page) is asked again each second
//   data-ask="QUESTION"  a form that asks before it posts
//   data-row             a row's link, for j and k; rows are told apart by id, data-key or this link
//   data-opens="ID"      a button that opens a dialog
//   data-utc             a field for a time in UTC: it shows the reader's own, and sends UTC; data-zone in its label says so

const typingMs = 150
const progressMs = 1_000
const againMs = 5_000
const reconnectMs = 15_000
const lostMs = 3_000
const timesMs = 30_000
const chordMs = 1_500

const lost = 'The connection is lost, trying again.'
/** How far this machine's clock is ahead of the server's. */
const aheadMs = Date.now() - Number(document.body.dataset.now ?? Date.now())
const exactTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })

// ---- Parts that stay current ----

/** Asks the server for the page again whenever it says that something has changed. */
function follow() {
  const { liveFrom } = document.body.dataset
  if (liveFrom === undefined || document.querySelector('[data-live]') === null) return
  let source
  let connectTimer
  let lostTimer
  const leave = () => {
    clearTimeout(connectTimer)
    clearTimeout(lostTimer)
    lostTimer = undefined
    source?.close()
    source = undefined
  }
  const connect = () => {
    leave()
    source = new EventSource(liveFrom)
    source.onopen = () => {
      clearTimeout(lostTimer)
      lostTimer = undefined
      // What changed before it was open was told to nobody.
      refresh()
    }
    source.onmessage = refresh
    source.addEventListener('ended', () => {
      leave()
      forget()
      saySignedOut()
    })
    source.onerror = () => {
      // Proxies cut such connections now and then: only what lasts is worth a word.
      lostTimer ??= setTimeout(say, lostMs, lost)
      if (source.readyState !== EventSource.CLOSED) return
      // It was refused: too many pages are open, or nobody is signed in any more, which asking for the page will tell.
      connectTimer = setTimeout(connect, reconnectMs)
      refresh()
    }
  }
  // A browser has few connections for each server: a page that nobody looks at gives its own back.
  const attend = () => {
    if (document.hidden) leave()
    else if (source === undefined) connect()
  }
  document.addEventListener('visibilitychange', attend)
  addEventListener('pagehide', leave)
  addEventListener('pageshow', attend)
}

let asking
let askAgain = false
let lateTimer

/** Brings the live parts up to date. While the server is being asked, one more time is remembered. */
function refresh() {
  if (asking === undefined) load(location.href)
  else askAgain = true
}

/** What was asked for is of no more use. */
function forget() {
  clearTimeout(lateTimer)
  asking?.abort()
  asking = undefined
  askAgain = false
}

/** Asks for `url` at once, and forgets what was asked before. What is found by searching is no news. */
async function load(url, { isNews = true } = {}) {
  forget()
  const mine = new AbortController()
  asking = mine
  try {
    const answer = await fetch(url, { headers: { 'X-Requested-With': 'page' }, signal: mine.signal })
    const html = await answer.text()
    if (asking !== mine) return
    if (answer.status === 401) saySignedOut()
    else if (answer.status >= 500) throw new Error(`The server answered ${answer.status}.`)
    else {
      replaceLiveParts(new DOMParser().parseFromString(html, 'text/html'))
      if (!isNews) for (const row of document.querySelectorAll('.new')) row.classList.remove('new')
      say('')
    }
  } catch {
    if (asking !== mine) return
    say(lost)
    lateTimer = setTimeout(refresh, againMs)
  }
  asking = undefined
  if (askAgain) refresh()
}

function replaceLiveParts(next) {
  // What is for those without JavaScript is text here, and elements there.
  for (const one of next.querySelectorAll('noscript')) one.remove()
  const still = keepView()
  const pairs = [...document.querySelectorAll('[data-live]')].map((part) => [
    part,
    next.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`),
  ])
  // A page that is built otherwise now, such as one on which nothing stood before, is taken whole.
  const isRebuilt = pairs.some(([, counterpart]) => counterpart === null)
  if (isRebuilt) become(document.querySelector('main'), next.querySelector('main'))
  else for (const [part, counterpart] of pairs) become(part, counterpart)
  showTimes()
  showOwnTime()
  still()
  watchProgress()
}

/** Remembers what is at the top of the window, and gives a function that brings it back there. */
function keepView() {
  const rows = [...document.querySelectorAll('[data-live] [data-row]')]
  const seen = rows.find((row) => row.getBoundingClientRect().top >= 0)
  const first = scrollY > 0 ? (seen ?? document.elementFromPoint(innerWidth / 2, 1)) : null
  const before = first?.getBoundingClientRect().top
  return () => {
    if (first?.isConnected) scrollBy({ top: first.getBoundingClientRect().top - before, behavior: 'instant' })
  }
}

/**
 * Turns an element into another one and keeps all nodes that can stay: with them stay focus, caret, selection, typed text
 * and what was opened.
 */
function become(from, to) {
  if (from.isEqualNode(to)) return
  takeAttributes(from, to)
  takeChildren(from, to)
}

function takeAttributes(from, to) {
  for (const { name } of [...from.attributes])
    if (!to.hasAttribute(name) && !isReaders(from, name)) from.removeAttribute(name)
  for (const { name, value } of to.attributes)
    if (from.getAttribute(name) !== value && !isReaders(from, name)) from.setAttribute(name, value)
}

/** Whether what happened here, not the server, decides on an attribute. */
function isReaders(element, name) {
  return (name === 'open' && element.localName === 'details') || name === 'data-busy'
}

function takeChildren(from, to) {
  const wanted = [...to.childNodes]
  const keysToCome = new Set(wanted.map(keyOf))
  const old = new Map()
  for (const child of from.childNodes) {
    const key = keyOf(child)
    if (key !== undefined && !old.has(key)) old.set(key, child)
  }
  const hadRows = old.size > 0
  let at = from.firstChild
  for (const child of wanted) {
    // What goes away goes first, so that what stays need not be moved: moving an element takes its focus.
    while (at !== null && keyOf(at) !== undefined && !keysToCome.has(keyOf(at))) at = removed(at)
    const key = keyOf(child)
    const match = key === undefined ? sameKind(at, child) : sameName(old.get(key), child)
    if (match === undefined) {
      const fresh = document.importNode(child, true)
      if (hadRows && key !== undefined) fresh.classList.add('new')
      from.insertBefore(fresh, at)
      continue
    }
    old.delete(key)
    if (match === at) at = at.nextSibling
    else from.insertBefore(match, at)
    if (match.nodeType === Node.ELEMENT_NODE) become(match, child)
    else if (match.data !== child.data) match.data = child.data
  }
  while (at !== null) at = removed(at)
}

function removed(node) {
  const next = node.nextSibling
  node.remove()
  return next
}

/** What tells an element among its siblings apart. */
function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return undefined
  if (node.id !== '') return `#${node.id}`
  if (node.dataset.key !== undefined) return node.dataset.key
  if (!/^(?:li|tr|article)$/.test(node.localName)) return undefined
  return node.querySelector('a[data-row]')?.getAttribute('href') ?? undefined
}

/** The node itself when it has the other one's tag. */
function sameName(node, other) {
  return node?.nodeName === other.nodeName ? node : undefined
}

/** The node itself when it can become the other one without a key to go by. */
function sameKind(node, other) {
  if (node === null || keyOf(node) !== undefined) return undefined
  // A field of another name is another field, whatever was typed into this one.
  return node.getAttribute?.('name') === other.getAttribute?.('name') ? sameName(node, other) : undefined
}

// ---- Long work ----

let progressTimer

function watchProgress() {
  clearTimeout(progressTimer)
  const running = document.querySelector('[data-progress]')
  if (running === null) return
  progressTimer = setTimeout(() => {
    if (asking !== undefined || document.hidden) return watchProgress()
    load(running.dataset.progress || location.href)
  }, progressMs)
}

// ---- Search ----

function searchAsTyped() {
  let timer
  const search = (form) => {
    clearTimeout(timer)
    const url = new URL(form.getAttribute('action') ?? '', location.href)
    const filled = [...new FormData(form)].filter(([, value]) => value !== '')
    url.search = new URLSearchParams(filled).toString()
    if (url.href === location.href) return
    history.replaceState(history.state, '', url)
    load(url.href, { isNews: false })
  }
  document.addEventListener('input', ({ target }) => {
    const form = target.closest('form[data-search]')
    if (form === null) return
    clearTimeout(timer)
    timer = setTimeout(search, target.localName === 'select' ? 0 : typingMs, form)
  })
  document.addEventListener('submit', (event) => {
    if (!event.target.matches('form[data-search]')) return
    event.preventDefault()
    search(event.target)
  })
}

// ---- Forms that change something ----

/** Asks before a form with `data-ask` is sent. */
function askFirst() {
  document.addEventListener('submit', (event) => {
    const { target: form, submitter } = event
    const { ask } = form.dataset
    if (ask === undefined || form.dataset.asked !== undefined) return
    event.preventDefault()
    event.stopImmediatePropagation()
    const { action } = form
    const dialog = askDialog(ask, submitter?.textContent || 'Go on')
    dialog.addEventListener('close', () => {
      dialog.remove()
      if (dialog.returnValue !== 'yes') return
      // The page may have been brought up to date meanwhile.
      if (!form.isConnected || form.action !== action || form.dataset.ask !== ask)
        return say('This has changed meanwhile: nothing was sent.')
      form.dataset.asked = ''
      form.requestSubmit(submitter)
      delete form.dataset.asked
    })
    document.body.append(dialog)
    dialog.showModal()
  })
}

function askDialog(question, yes) {
  const dialog = document.createElement('dialog')
  dialog.setAttribute('aria-labelledby', 'ask-question')
  const text = document.createElement('p')
  text.id = 'ask-question'
  text.textContent = question
  const form = document.createElement('form')
  form.method = 'dialog'
  form.className = 'cluster'
  form.append(choice('no', 'Cancel', 'button'), choice('yes', yes, 'button primary'))
  dialog.append(text, form)
  return dialog
}

function choice(value, text, classes) {
  const button = document.createElement('button')
  Object.assign(button, { type: 'submit', value, textContent: text, className: classes })
  return button
}

/** A form that is on its way is not sent a second time by a second click. */
function sendOnce() {
  document.addEventListener('submit', (event) => {
    const { target: form } = event
    if (event.defaultPrevented || form.method !== 'post') return
    if (form.dataset.busy !== undefined) event.preventDefault()
    form.dataset.busy = ''
  })
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-busy]')) delete form.dataset.busy
  })
}

// ---- Keys ----

function openDialogs() {
  document.addEventListener('click', ({ target }) => {
    const opens = target.closest('[data-opens]')?.dataset.opens
    if (opens !== undefined) document.getElementById(opens)?.showModal()
  })
}

function obeyKeys() {
  const help = document.getElementById('keys')
  const switchOn = document.getElementById('keys-on')
  if (help === null || switchOn === null) return
  switchOn.checked = localStorage.getItem('keys') !== 'off'
  switchOn.addEventListener('change', () => localStorage.setItem('keys', switchOn.checked ? 'on' : 'off'))
  let chordUntil = 0
  const commands = {
    '/': () => document.querySelector('input[type="search"]')?.select(),
    j: () => moveRow(1),
    k: () => moveRow(-1),
    '?': () => help.showModal(),
    g: () => {
      chordUntil = Date.now() + chordMs
    },
  }
  document.addEventListener('keydown', (event) => {
    const { key, target } = event
    if (!switchOn.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    if (target.closest?.('input:not([type="checkbox"], [type="radio"]), select, textarea, dialog')) return
    const room = Date.now() < chordUntil ? document.querySelector(`nav [data-go="${CSS.escape(key)}"]`) : null
    chordUntil = 0
    const command = room === null ? commands[key] : () => room.click()
    if (command === undefined) return
    event.preventDefault()
    command()
  })
}

function moveRow(step) {
  const rows = [...document.querySelectorAll('[data-row]')]
  const here = rows.findIndex((row) => row === document.activeElement || isRowOf(row, document.activeElement))
  const next = here === -1 ? (step > 0 ? 0 : rows.length - 1) : here + step
  rows[Math.min(Math.max(next, 0), rows.length - 1)]?.focus()
}

function isRowOf(link, element) {
  return link.closest('li, tr, article')?.contains(element) ?? false
}

// ---- Words ----

/** The same words as src/web/parts/relative-time.ts; the exact time, in the reader's zone, on hover. */
function showTimes() {
  const now = Date.now() - aheadMs
  for (const time of document.querySelectorAll('time[datetime]')) {
    const at = Date.parse(time.dateTime)
    if (Number.isNaN(at)) continue
    const text = relativeTime(at, now)
    if (time.textContent !== text) time.textContent = text
    const exact = exactTime.format(at)
    if (time.title !== exact) time.title = exact
  }
}

function relativeTime(at, now) {
  const ms = Math.abs(now - at)
  if (ms < 5_000) return at > now ? 'now' : 'just now'
  if (ms >= 30 * 86_400_000) return new Date(at).toISOString().slice(0, 10)
  const units = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1_000 }
  const [unit, length] = Object.entries(units).find(([, unitMs]) => ms >= unitMs)
  const span = `${Math.floor(ms / length)} ${unit}`
  return at > now ? `in ${span}` : `${span} ago`
}

/** What fields for times in UTC show now: for each the server's value, and the same as the reader's clock has it. */
const shownTimes = new WeakMap()

/** Lets fields for times in UTC show the reader's own time. What was typed since the server set a field stays. */
function showOwnTime() {
  for (const field of document.querySelectorAll('input[data-utc]')) {
    const utc = field.getAttribute('value') ?? ''
    if (shownTimes.get(field)?.utc !== utc) {
      field.value = localText(utc)
      shownTimes.set(field, { utc, local: field.value })
    }
    const zone = field.labels[0]?.querySelector('[data-zone]')
    if (zone != null) zone.textContent = '(your time)'
  }
}

/** Sends UTC: exactly what the server said where nobody changed it. */
function sendUtc() {
  document.addEventListener('formdata', ({ target, formData }) => {
    for (const field of target.querySelectorAll('input[data-utc]')) {
      const shown = shownTimes.get(field)
      formData.set(field.name, field.value === shown?.local ? shown.utc : utcText(field.value))
    }
  })
}

function localText(utc) {
  const at = new Date(`${utc}Z`)
  if (Number.isNaN(at.getTime())) return ''
  return fieldText(at.getTime() - at.getTimezoneOffset() * 60_000)
}

function utcText(local) {
  const at = Date.parse(local)
  return Number.isNaN(at) ? '' : fieldText(at)
}

/** As src/web/dead/utc-time.ts writes it. */
function fieldText(time) {
  return new Date(time).toISOString().replace(/(?::00\.000)?Z$/, '')
}

function say(text) {
  const line = document.getElementById('say')
  if (line.textContent !== text) line.textContent = text
}

function saySignedOut() {
  const link = document.createElement('a')
  link.href = `/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`
  link.textContent = 'Sign in'
  document.getElementById('say').replaceChildren('You are signed out. ', link, ' to go on.')
}

// ---- Last, since all of the above must be there ----

document.documentElement.classList.add('scripted')
document.querySelector('.sign-in input[type="password"]')?.focus()
showTimes()
showOwnTime()
sendUtc()
setInterval(showTimes, timesMs)
follow()
searchAsTyped()
askFirst()
sendOnce()
openDialogs()
obeyKeys()
watchProgress()
