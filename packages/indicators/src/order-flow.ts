/**
 * What a quote adds to the order flow imbalance, from bid price, bid quantity, ask price and ask quantity of the quote
 * before and of this one; > 0: demand grew. NaN where one is missing.
 * @source Cont, Kukanov, Stoikov (2014), The price impact of order book events, eq. 3
 */
export function orderFlow(
  bid0: number, bidQty0: number, ask0: number, askQty0: number, bid: number, bidQty: number, ask: number, askQty: number,
): number {
  const demand = (bid >= bid0 ? bidQty : 0) - (bid <= bid0 ? bidQty0 : 0)
  const supply = (ask <= ask0 ? askQty : 0) - (ask >= ask0 ? askQty0 : 0)
  return Number.isNaN(bid + bid0 + ask + ask0) ? NaN : demand - supply
}
