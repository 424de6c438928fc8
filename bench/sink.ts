import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// An endpoint that is as quick as can be: reads the body, answers 204 and counts. /hang never answers; /count tells.
let received = 0
const server = createServer((request, response) => {
  if (request.url === '/count') {
    response.end(String(received))
    return
  }
  if (request.url?.startsWith('/hang')) return
  request.resume()
  request.on('end', () => {
    received += 1
    response.writeHead(204)
    response.end()
  })
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
