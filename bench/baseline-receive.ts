import type { AddressInfo } from 'node:net'
import express from 'express'

// The least that an Express 5 route can do with a webhook: parse the JSON and answer 202.
const app = express()
app.post('/webhooks/rubygems', express.json({ limit: '1mb' }), (_request, response) => {
  response.status(202).json({ status: 'accepted', event: 1 })
})
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
