/** Requests at the worst moment for each other: all of them have read before the first of them writes. */
import { env } from 'cloudflare:workers'

const WRITES = /^\s*(?:insert|update|delete|replace)\b/i

/** Makes every call with a database of its own, whose first write waits until no other call is still reading. */
export async function race<T>(calls: readonly ((d1: D1Database) => Promise<T>)[]): Promise<T[]> {
  const nobodyReads = Promise.withResolvers<void>()
  let reading = calls.length
  return Promise.all(
    calls.map(async (call) => {
      let reads = true
      const stopReading = (): void => {
        if (reads) reading -= 1
        reads = false
        if (reading === 0) nobodyReads.resolve()
      }
      const beforeWrite = (): Promise<void> => {
        stopReading()
        return nobodyReads.promise
      }
      try {
        return await call(heldBack(env.DB, beforeWrite))
      } finally {
        stopReading()
      }
    }),
  )
}

function heldBack(d1: D1Database, beforeWrite: () => Promise<void>): D1Database {
  const known = new WeakMap<object, { readonly statement: D1PreparedStatement; readonly writes: boolean }>()
  const wrap = (statement: D1PreparedStatement, writes: boolean): D1PreparedStatement => {
    const wrapped: D1PreparedStatement = new Proxy(statement, {
      get(target, key) {
        if (key === 'bind') return (...values: unknown[]) => wrap(target.bind(...values), writes)
        return methodOf(target, key, writes)
      },
    })
    known.set(wrapped, { statement, writes })
    return wrapped
  }
  const methodOf = (target: object, key: string | symbol, writes: boolean): unknown => {
    const member: unknown = Reflect.get(target, key)
    if (typeof member !== 'function') return member
    return async (...values: unknown[]): Promise<unknown> => {
      if (writes) await beforeWrite()
      return Reflect.apply(member, target, values)
    }
  }
  return new Proxy(d1, {
    get(target, key) {
      if (key === 'prepare') return (query: string) => wrap(target.prepare(query), WRITES.test(query))
      if (key !== 'batch') return methodOf(target, key, false)
      return async (statements: readonly D1PreparedStatement[]) => {
        if (statements.some((one) => known.get(one)?.writes === true)) await beforeWrite()
        return target.batch(statements.map((one) => known.get(one)?.statement ?? one))
      }
    },
  })
}
