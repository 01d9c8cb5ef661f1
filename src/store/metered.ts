import type { Cost } from '../lib/cost'

/** The same database, adding what each query cost to `cost`. */
export function meterDatabase(d1: D1Database, cost: Cost): D1Database {
  const count = <R extends D1Result>(result: R): R => {
    cost.rowsRead += result.meta.rows_read
    cost.rowsWritten += result.meta.rows_written
    return result
  }
  const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>()
  const meterStatement = (statement: D1PreparedStatement): D1PreparedStatement => {
    const metered = new Proxy(statement, {
      get(target, key) {
        switch (key) {
          case 'bind':
            return (...values: unknown[]) => meterStatement(target.bind(...values))
          case 'all':
          case 'run':
            return async () => {
              cost.roundTrips++
              cost.statements++
              return count(await target.all())
            }
          case 'raw':
            return async () => {
              cost.roundTrips++
              cost.statements++
              return rawOf(count(await target.all()))
            }
          default:
            return memberOf(target, key)
        }
      },
    })
    originals.set(metered, statement)
    return metered
  }
  return new Proxy(d1, {
    get(target, key) {
      switch (key) {
        case 'prepare':
          return (query: string) => meterStatement(target.prepare(query))
        case 'batch':
          return async (statements: D1PreparedStatement[]) => {
            cost.roundTrips++
            cost.statements += statements.length
            const results = await target.batch(statements.map((s) => originals.get(s) ?? s))
            return results.map(count)
          }
        default:
          return memberOf(target, key)
      }
    },
  })
}

/** A member as it is; a method keeps its object, since the proxy is not one of the runtime's. */
function memberOf(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key)
  if (typeof value !== 'function') return value
  return (...values: unknown[]): unknown => Reflect.apply(value, target, values)
}

/** Rows as arrays of values in column order, as `raw()` gives them. */
const rawOf = (result: D1Result): unknown[][] =>
  result.results.map((row): unknown[] => (typeof row === 'object' && row !== null ? Object.values(row) : []))
