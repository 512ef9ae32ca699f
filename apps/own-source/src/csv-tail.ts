import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineSource, instrument } from '@tapeloom/core'

// rows: tsEvent,price,quantity,buy|sell
export const csvTail = (path: string) =>
  defineSource({
    name: path,
    instruments: [instrument('BTC/USDT', { venue: 'csv', tickSize: '0.01', lotSize: '0.00001' })],
    live: true,
    async *events({ after = 0, signal }) {
      const [file, chunk] = [await open(path), Buffer.alloc(65_536)]
      try {
        for (let offset = after; !signal.aborted; ) {
          const { bytesRead } = await file.read(chunk, 0, chunk.length, offset)
          const end = chunk.subarray(0, bytesRead).lastIndexOf('\n') // whole rows only
          if (end < 0) await sleep(200)
          else for (const row of chunk.toString('utf8', 0, end).split('\n')) {
            const sourceSequence = (offset += Buffer.byteLength(row) + 1)
            const [ts, price = '', quantity = '', aggressor] = row.split(',')
            if (aggressor !== 'buy' && aggressor !== 'sell') yield { kind: 'reject', code: 'csv.side', raw: row, sourceSequence }
            else yield { kind: 'trade', symbol: 'BTC/USDT', tsEvent: Number(ts), price, quantity, aggressor, sourceSequence }
          }
        }
      } finally {
        await file.close()
      }
    },
  })
