/** Equity that the taken actions made, in bps, and the highest it was. */
export interface Account {
  equity: number
  peak: number
}
/** What a unit of further drawdown costs, in units of equity. */
const DRAWDOWN_COST = 0.1
/** Long, as it is, short: in the order of CLASS. */
const DIRECTIONS = [1, 0, -1] as const

/**
 * What each action (buy, hold, sell) would have brought over a step in which the price moved by `moveBps`: change of equity
 * net of costs, less 0.1 of what it adds to the drawdown; in bps.
 * `side` −1, 0 or 1 is the position before: buy and sell move it by one, hold keeps it. NaN, not known: each action is a
 * position for this step alone, entered at its cost, and hold is none.
 */
export function stepRewards({ equity, peak }: Account, moveBps: number, costBps: number, side: number): readonly number[] {
  return DIRECTIONS.map((direction) => {
    const change = changeOf(direction, moveBps, costBps, side)
    const [before, after] = [peak - equity, Math.max(peak, equity + change) - (equity + change)]
    return change - DRAWDOWN_COST * Math.max(0, after - before)
  })
}

/** Books the action that was taken. */
export function settle(account: Account, action: number, moveBps: number, costBps: number, side: number): void {
  account.equity += changeOf(DIRECTIONS[action] ?? 0, moveBps, costBps, side)
  account.peak = Math.max(account.peak, account.equity)
}

function changeOf(direction: number, moveBps: number, costBps: number, side: number): number {
  const before = Number.isNaN(side) ? 0 : side
  const after = Math.max(-1, Math.min(1, before + direction))
  return after * moveBps - costBps * Math.abs(after - before)
}
