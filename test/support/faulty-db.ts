/** A database that fails at a chosen query: before it is carried out, or after, so that only its answer is lost. */

export interface Fault {
  /** Which query fails, counted from 1. */
  readonly at: number
  readonly when: 'before' | 'after'
}

/** Something that happens right before a chosen query. */
export interface Interruption {
  readonly at: number
  readonly happen: () => Promise<void>
}

export function faultyDatabase(d1: D1Database, fault: Fault | Interruption | null) {
  let queries = 0
  const carryOut = async <T>(work: () => Promise<T>): Promise<T> => {
    queries += 1
    const met = fault?.at === queries ? fault : null
    if (met !== null && 'happen' in met) {
      await met.happen()
      return work()
    }
    if (met?.when === 'before') throw new Error('D1_ERROR: no answer')
    const result = await work()
    if (met !== null) throw new Error('D1_ERROR: the answer was lost')
    return result
  }
  const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>()
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped: D1PreparedStatement = new Proxy(statement, {
      get(target, key) {
        if (key === 'bind') return (...values: unknown[]) => wrap(target.bind(...values))
        const member: unknown = Reflect.get(target, key)
        if (typeof member !== 'function') return member
        return (...values: unknown[]): unknown => carryOut(async () => Reflect.apply(member, target, values))
      },
    })
    originals.set(wrapped, statement)
    return wrapped
  }
  const db: D1Database = new Proxy(d1, {
    get(target, key) {
      if (key === 'prepare') return (query: string) => wrap(target.prepare(query))
      if (key === 'batch')
        return (statements: D1PreparedStatement[]) =>
          carryOut(() => target.batch(statements.map((statement) => originals.get(statement) ?? statement)))
      const member: unknown = Reflect.get(target, key)
      return typeof member === 'function'
        ? (...values: unknown[]): unknown => Reflect.apply(member, target, values)
        : member
    },
  })
  return { db, queries: () => queries }
}

/** Every fault that a piece of work with so many queries can meet. */
export const faultsOf = (queries: number): Fault[] =>
  Array.from({ length: queries }, (_, index) => index + 1).flatMap((at): Fault[] => [
    { at, when: 'before' },
    { at, when: 'after' },
  ])
