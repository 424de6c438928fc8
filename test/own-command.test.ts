import { expect, it } from 'vitest'
import { commandOf } from '../src/own-command.js'

it.each([
  ['/home/ada/gemherald', 'bin/gemherald'],
  ['/app', 'bin/gemherald'],
  ['/usr/lib/node_modules/gemherald', 'gemherald'],
])('in %s commands are called as %s', (folder, command) => expect(commandOf(folder)).toBe(command))
