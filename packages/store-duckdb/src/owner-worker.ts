import { parentPort } from 'node:worker_threads'
import { OwnerDesk } from './owner-desk.ts'

const port = parentPort
if (port) {
  const desk = new OwnerDesk((response, transfer) => port.postMessage(response, transfer))
  port.on('message', (request) => void desk.take(request))
}
