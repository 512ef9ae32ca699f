import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToCovariance, covarianceSize, movingCovarianceOf } from './moving-covariance.ts'
import { eachRow } from './over-windows.ts'

/**
 * Beta of an asset: covariance of its simple returns with those of the market / variance of the market's, over the last
 * `length` returns. First known at pair `length + 1`; NaN while a return is missing and where the market does not move.
 * @source Sharpe (1964)
 */
export class Beta extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length = 50, state?: Float64Array) {
    super('Beta', 10, 5 + covarianceSize(checkLength('Beta', length)), state)
    this.length = length
  }

  /** Takes the next two prices and returns beta. */
  // `!`: the state begins with `[beta, return, market return, price, market price, means, Sxx, Syy, Sxy]`.
  add(price: number, marketPrice: number): number {
    const { length, state } = this
    state[1] = price / state[3]! - 1
    state[2] = marketPrice / state[4]! - 1
    state[3] = price
    state[4] = marketPrice
    addToCovariance(state, 5, length, state[1]!, state[2]!)
    return (state[0] = state[9]! / state[8]!)
  }

  /** Simple return of the newest price, as a ratio. */
  get assetReturn(): number {
    return this.state[1]!
  }
  get marketReturn(): number {
    return this.state[2]!
  }
}

/** The outputs of each window in two passes: the oracle of `Beta`. */
export function betaOf(prices: ArrayLike<number>, marketPrices: ArrayLike<number>, length = 50) {
  const returns = (of: ArrayLike<number>) => eachRow(of.length, (i) => of[i]! / (of[i - 1] ?? NaN) - 1)
  const [assetReturn, marketReturn] = [returns(prices), returns(marketPrices)]
  const { value, varianceY } = movingCovarianceOf(assetReturn, marketReturn, length)
  return { value: value.map((both, i) => both / varianceY[i]!), assetReturn, marketReturn }
}
