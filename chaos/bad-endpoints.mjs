// Endpoints that do what endpoints should not, in a process of their own, so that what they do costs nobody else anything.
// Prints its URL; each behaviour is a path below it. GET / answers how many requests each path had. Ends with its stdin.
import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'

const gibibyte = 1024 ** 3
const block = Buffer.alloc(64 * 1024, 'x')
// Members of a gzip file may follow each other without end: a thousand of these are ten megabytes that become ten gigabytes.
const member = gzipSync(Buffer.alloc(10 * 1024 * 1024))
const dripMs = 1000

const behaviours = {
  hangs: () => {},
  drips(response) {
    response.writeHead(200).flushHeaders()
    const timer = setInterval(() => response.write('.'), dripMs)
    response.once('close', () => clearInterval(timer))
  },
  huge(response) {
    response.writeHead(200, { 'content-length': 2 * gibibyte })
    pour(response, block, (2 * gibibyte) / block.length)
  },
  bomb(response) {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' })
    pour(response, member, 1000)
  },
  headers({ socket }) {
    socket?.write('HTTP/1.1 200 OK\r\n')
    if (socket) pour(socket, Buffer.from(`x-endless: ${'x'.repeat(1000)}\r\n`), Number.POSITIVE_INFINITY)
  },
  loop: (response) => response.writeHead(302, { location: response.req.url }).end(),
  resets: ({ socket }) => socket?.resetAndDestroy(),
}

const requests = Object.fromEntries(Object.keys(behaviours).map((kind) => [kind, 0]))
const server = createServer((request, response) => {
  const kind = request.url.slice(1)
  if (kind === '') return response.end(JSON.stringify(requests))
  requests[kind] += 1
  request.resume()
  response.on('error', () => {})
  request.once('end', () => behaviours[kind](response))
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.stdin.resume().once('end', () => process.exit())

/** Writes `chunk` so many times, as quickly as it is read. */
function pour(to, chunk, times) {
  let left = times
  const more = () => {
    for (; left > 0 && !to.destroyed; left -= 1) if (!to.write(chunk)) return
    if (left <= 0) to.end()
  }
  to.on('drain', more)
  more()
}
