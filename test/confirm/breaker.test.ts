import { expect, it } from 'vitest'
import { createBreaker } from '../../src/confirm/breaker.js'

it('opens for ten seconds, lets one try, and closes once something is heard', () => {
  let time = 1_000_000
  const breaker = createBreaker(() => time)
  expect(breaker.state()).toBe('closed')
  expect(breaker.heard()).toBe(false)
  expect(breaker.silent()).toBe(true)
  expect(breaker.silent()).toBe(false)
  expect(breaker.state()).toBe('open')
  time += 9_999
  expect(breaker.state()).toBe('open')
  time += 1
  expect(breaker.state()).toBe('trying')
  expect(breaker.silent()).toBe(false)
  expect(breaker.state()).toBe('open')
  expect(breaker.heard()).toBe(true)
  expect(breaker.state()).toBe('closed')
})

it('does not stay open because the clock was set back', () => {
  let time = 1_000_000
  const breaker = createBreaker(() => time)
  breaker.silent()
  time -= 1
  expect(breaker.state()).toBe('trying')
})
