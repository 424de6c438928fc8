import { PassThrough } from 'node:stream'

/** A stand-in for stdout or stderr that keeps what was written to it. */
export class Capture extends PassThrough {
  readonly isTTY: boolean
  readonly columns = 60
  #written = ''

  constructor(kind: 'terminal' | 'pipe') {
    super()
    this.isTTY = kind === 'terminal'
    this.on('data', (chunk) => {
      this.#written += chunk
    })
  }

  /** Everything written so far. */
  written(): string {
    return this.#written
  }
}
