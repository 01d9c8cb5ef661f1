/** What one request cost the platform. The database is only counted for requests that ask and may; see `http/middleware/cost`. */
export interface Cost {
  roundTrips: number
  statements: number
  rowsRead: number
  rowsWritten: number
  objectCalls: number
}

export const noCost = (): Cost => ({
  roundTrips: 0,
  statements: 0,
  rowsRead: 0,
  rowsWritten: 0,
  objectCalls: 0,
})

/** As the header `x-aurora-cost` shows it. */
export const describeCost = (cost: Cost): string =>
  `d1=${cost.roundTrips};stmts=${cost.statements};read=${cost.rowsRead};written=${cost.rowsWritten};do=${cost.objectCalls}`
