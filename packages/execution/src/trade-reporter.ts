import type { Host, Participant, Plain } from '@tapeloom/core'

/** Tells the host what the module `pnl` did: closed trades as `position:close`, fills and trades in the output digest. */
export class TradeReporter implements Participant {
  readonly name = 'pnl'
  /** Fills, closed trades and their exact net in units, by symbol. */
  #counts: Record<string, { fills: number; trades: number; netUnits: string; unitsPerOne: string }> = {}

  attach(host: Host): void {
    host.on('pnl:fill', ({ symbol, side, price, quantity, fee, liquidity }) => {
      this.#of(symbol).fills++
      host.digest('fill', symbol, side, price, quantity, fee, liquidity)
    })
    host.on('pnl:trade', ({ symbol, id, side, quantity, entryPrice, exitPrice, openedAt, closedAt, netBps, netUnits, unitsPerOne }) => {
      const counts = this.#of(symbol)
      counts.trades++
      counts.netUnits = String(BigInt(counts.netUnits) + BigInt(netUnits))
      counts.unitsPerOne = unitsPerOne
      host.digest('trade', id, netUnits)
      host.emit('position:close', { id, side, quantity, entryPrice, exitPrice, openedAt, closedAt, netBps }, symbol)
    })
  }

  #of(symbol: string) { return (this.#counts[symbol] ??= { fills: 0, trades: 0, netUnits: '0', unitsPerOne: '1' }) }

  report(): Readonly<Record<string, Plain>> { return structuredClone(this.#counts) }
  snapshot(): Plain { return structuredClone(this.#counts) }
  restore(state: Plain): void { this.#counts = structuredClone(state) as never }
}
