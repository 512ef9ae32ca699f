import { parseArgs } from 'node:util'
import { startVenueServer, type VenueName } from './venue-server.ts'

const { values } = parseArgs({
  options: {
    capture: { type: 'string' }, venue: { type: 'string' }, speed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' }, port: { type: 'string', default: '0' },
    times: { type: 'string', default: 'moved' }, disconnects: { type: 'string', default: '0' }, gaps: { type: 'string', default: '0' },
    stalls: { type: 'string', default: '0' }, 'half-opens': { type: 'string', default: '0' },
  },
})
const { capture, venue } = values
if (capture === undefined || venue === undefined) {
  console.error('Usage: npm start -- --capture file --venue binance|bybit|coinbase|kraken|okx [--speed n] [--rounds n] [--times original] '
    + '[--port n] [--seed n] [--disconnects n] [--gaps n] [--stalls n] [--half-opens n]')
  process.exit(2)
}
const server = await startVenueServer({
  capture, venue: venue as VenueName, speed: Number(values.speed), rounds: Number(values.rounds), seed: Number(values.seed),
  port: Number(values.port), times: values.times === 'original' ? 'original' : 'moved',
  faults: {
    disconnects: Number(values.disconnects), gaps: Number(values.gaps), stalls: Number(values.stalls), halfOpens: Number(values['half-opens']),
  },
})
console.log(`${venue} at ${server.urls.socket} and ${server.urls.rest}: plays when somebody subscribes, ends with Ctrl-C`)
void server.done.then(() => console.log('the capture was played', server.counts))
process.once('SIGINT', () => void server.close())
