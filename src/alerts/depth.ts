/** Bodies nested deeper than this are refused. */
const MAX_DEPTH = 64

/** Whether `value` is nested deeper than `limit`. Level by level instead of recursively: a hostile body must not exhaust the stack. */
export function isDeeper(value: unknown, limit: number = MAX_DEPTH): boolean {
  let level = [value].filter(isContainer)
  for (let depth = 1; depth <= limit && level.length > 0; depth += 1) {
    level = level.flatMap((container) => Object.values(container).filter(isContainer))
  }
  return level.length > 0
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null
