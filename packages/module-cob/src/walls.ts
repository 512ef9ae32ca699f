import { medianInPlace } from '@tapeloom/indicators'
import { reaches, type BucketGrid } from './bucket-grid.ts'

/** Buckets on each side of the price among which a wall stands out, and within which it is looked for. */
export const WALL_RANGE = 40
/** A wall is announced when it has stood this long, µs. */
const STANDS_US = 3e6
/** Trades this much before or after a wall shrank have eaten it, µs. */
const EATEN_US = 100_000
/** Trades kept: as many as matter even in a rush. */
const MOST_TRADES = 1024

/** What became of a wall; `price` is its bucket's, `quote` its value, or that of the part that went. */
export interface WallEvent {
  readonly side: 'bid' | 'ask'
  readonly price: number
  readonly quote: number
  readonly state: 'up' | 'eaten' | 'pulled'
}
/** A bucket of a side at a time, µs. */
interface Spot {
  readonly side: 'bid' | 'ask'
  readonly bucket: number
  readonly at: number
}
type Standing = Spot & { up: boolean; lots: number }
/** Trades from `from` (µs) on count as having eaten what was lost. */
type Shrunk = Spot & { readonly lost: number; readonly from: number }
type Traded = Spot & { readonly lots: number }

/** Buckets that stand out and what was traded lately, as plain data. */
export interface Walls {
  standing: Standing[]
  shrunk: Shrunk[]
  trades: Traded[]
  /** When walls were last looked for, µs. */
  lookedAt: number
}
export const noWalls = (): Walls => ({ standing: [], shrunk: [], trades: [], lookedAt: NaN })

/** Hears of a wall: lots that stand there, or that went. */
export type TellWall = (side: 'bid' | 'ask', bucket: number, lots: number, state: WallEvent['state']) => void

/** Forgets all walls: nothing will be said of them. */
export function forgetWalls(walls: Walls): void {
  walls.standing = []
  walls.shrunk = []
}

/** Notes a trade against resting orders of a side. */
export function addTrade(walls: Walls, trade: Traded): void {
  walls.trades.push(trade)
  if (walls.trades.length > MOST_TRADES) walls.trades.splice(0, MOST_TRADES / 2)
}

/**
 * Looks for walls: buckets above median + 4 · 1.4826 · MAD of the 40 buckets on each side of the price for 3 s. When one
 * shrinks below that, what was traded in it within 100 ms was eaten, the rest pulled; this is told a look later.
 * Where the 40 buckets are not known, walls are forgotten, and nothing is said of them.
 * @param bid the best bid's bucket; `ask` the best ask's
 */
export function lookForWalls(walls: Walls, grid: BucketGrid, bid: number, ask: number, now: number, tell: TellWall): void {
  settle(walls, now, tell)
  const from = walls.lookedAt - EATEN_US
  walls.lookedAt = now
  if (walls.trades.length > 0 && walls.trades[0]!.at < now - 10 * EATEN_US) walls.trades = walls.trades.filter(({ at }) => at >= now - 10 * EATEN_US)
  const bar = threshold(grid, bid, ask)
  // What the price has gone through is empty; what it has left behind is out of sight.
  const distance = ({ side, bucket }: Spot) => (side === 'bid' ? bid - bucket : bucket - ask)
  const stay: Standing[] = []
  for (const wall of walls.standing) {
    if (!(distance(wall) < WALL_RANGE) || Number.isNaN(bar)) continue
    const lots = distance(wall) < 0 ? 0 : lotsAt(grid, wall.side, wall.bucket)
    if (lots > bar) stay.push(wall)
    else if (wall.up && lots < wall.lots) walls.shrunk.push({ ...wall, lost: wall.lots - lots, at: now, from })
    wall.lots = lots
    if (!(lots > bar) || wall.up || now - wall.at < STANDS_US) continue
    wall.up = true
    tell(wall.side, wall.bucket, lots, 'up')
  }
  walls.standing = stay
  if (Number.isNaN(bar)) return
  for (let i = 0; i < WALL_RANGE; i++) if (grid.bids[bid - grid.base - i]! > bar) notice(stay, 'bid', bid - i, grid.bids[bid - grid.base - i]!, now)
  for (let i = 0; i < WALL_RANGE; i++) if (grid.asks[ask - grid.base + i]! > bar) notice(stay, 'ask', ask + i, grid.asks[ask - grid.base + i]!, now)
}

function notice(standing: Standing[], side: 'bid' | 'ask', bucket: number, lots: number, at: number): void {
  if (!standing.some((wall) => wall.side === side && wall.bucket === bucket)) standing.push({ side, bucket, at, up: false, lots })
}

/** The bucket of the wall nearest to the price, or NaN. */
export function nearestWall({ standing }: Walls, side: 'bid' | 'ask'): number {
  const buckets = standing.filter((wall) => wall.up && wall.side === side).map(({ bucket }) => bucket)
  return buckets.length === 0 ? NaN : side === 'bid' ? Math.max(...buckets) : Math.min(...buckets)
}

/** Tells what became of walls that shrank 100 ms ago or earlier. */
function settle(walls: Walls, now: number, tell: TellWall): void {
  if (walls.shrunk.length === 0) return
  walls.shrunk = walls.shrunk.filter(({ side, bucket, lost, at, from }) => {
    if (now - at < EATEN_US) return true
    const there = (trade: Traded) => trade.side === side && trade.bucket === bucket && trade.at >= from && trade.at <= at + EATEN_US
    const eaten = walls.trades.reduce((sum, trade) => (there(trade) ? Math.min(lost, sum + trade.lots) : sum), 0)
    if (eaten > 0) tell(side, bucket, eaten, 'eaten')
    if (lost > eaten) tell(side, bucket, lost - eaten, 'pulled')
    return false
  })
}

const lotsAt = (grid: BucketGrid, side: 'bid' | 'ask', bucket: number): number =>
  (side === 'bid' ? grid.bids : grid.asks)[bucket - grid.base]!

/** Scratch only. */
const lots = new Float64Array(2 * WALL_RANGE)

/** Lots above which a bucket is a wall; NaN where the range is not known or most buckets are equal. */
function threshold(grid: BucketGrid, bid: number, ask: number): number {
  if (!reaches(grid, bid, ask, WALL_RANGE)) return NaN
  lots.set(grid.bids.subarray(bid - WALL_RANGE + 1 - grid.base, bid + 1 - grid.base))
  lots.set(grid.asks.subarray(ask - grid.base, ask + WALL_RANGE - grid.base), WALL_RANGE)
  const middle = medianInPlace(lots)
  for (let i = 0; i < lots.length; i++) lots[i] = Math.abs(lots[i]! - middle)
  const spread = medianInPlace(lots)
  return spread > 0 ? middle + 4 * 1.4826 * spread : NaN
}
