/** A point and its value. */
interface Vertex {
  readonly at: readonly number[]
  readonly value: number
}

const SHRINK = 0.5

/**
 * The least value of a function near `start`: the downhill simplex, begun with `steps` along the axes, and begun again
 * where it ended until that no longer helps. No derivatives; for offline fits of a few parameters.
 * @source Nelder, Mead (1965), A simplex method for function minimization
 */
export function minimise(
  valueAt: (point: readonly number[]) => number, start: readonly number[], steps: readonly number[], tolerance = 1e-12,
): Vertex {
  const vertex = (at: readonly number[]): Vertex => {
    const value = valueAt(at)
    return { at, value: Number.isNaN(value) ? Infinity : value }
  }
  let best = vertex(start)
  for (let restart = 0; restart < 20; restart++) {
    const found = descend(vertex, best, steps, tolerance)
    const gain = best.value - found.value
    best = found
    if (gain <= tolerance * (1 + Math.abs(found.value)) && restart > 0) break
  }
  return best
}

function descend(vertex: (at: readonly number[]) => Vertex, from: Vertex, steps: readonly number[], tolerance: number): Vertex {
  const byValue = (a: Vertex, b: Vertex) => a.value - b.value
  const corner = (axis: number) => vertex(from.at.map((x, i) => (i === axis ? x + steps[axis]! : x)))
  let simplex = [from, ...steps.map((_, axis) => corner(axis))].sort(byValue)
  for (let move = 0; move < 500 * steps.length; move++) {
    const [best, worst] = [simplex[0]!, simplex.at(-1)!]
    if (worst.value - best.value <= tolerance * (1 + Math.abs(best.value))) break
    const others = simplex.slice(0, -1)
    const center = best.at.map((_, i) => others.reduce((sum, { at }) => sum + at[i]!, 0) / others.length)
    const along = (by: number) => vertex(center.map((c, i) => c + by * (worst.at[i]! - c)))
    const reflected = along(-1)
    let next = reflected
    if (reflected.value < best.value) next = [reflected, along(-2)].sort(byValue)[0]!
    else if (reflected.value >= others.at(-1)!.value) next = along(reflected.value < worst.value ? -0.5 : 0.5)
    simplex = next.value < Math.min(worst.value, reflected.value) || next === reflected && next.value < others.at(-1)!.value
      ? [...others, next].sort(byValue)
      : [best, ...simplex.slice(1).map(({ at }) => vertex(at.map((x, i) => best.at[i]! + SHRINK * (x - best.at[i]!))))].sort(byValue)
  }
  return simplex[0]!
}
