import type { TradeTape } from '@tapeloom/core'
import type { Projector } from './projector.ts'

/** Adds the trade of the current input to `trades`. */
export function projectTrade(projector: Projector, { instrument, id, tsEvent, tsInit, price, quantity, aggressor }: TradeTape): void {
  if (!projector.wanted) return
  const table = projector.table('trades')
  const at = table.push()
  table.set(at, 'symbol', instrument.symbol)
  table.set(at, 'venue', instrument.venue)
  table.set(at, 'id', id)
  table.set(at, 'ts_event', tsEvent)
  table.set(at, 'ts_init', tsInit)
  table.set(at, 'price', price)
  table.set(at, 'quantity', quantity)
  table.set(at, 'aggressor', aggressor)
  projector.added(table, at)
}
