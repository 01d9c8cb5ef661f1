/** One delivery to canonical records: pure, and total for every JSON value. */
import { finishAlert, finishChange } from './finish'
import type { CanonicalAlert, ChangeEvent, ItemError, Normalised } from './canonical'
import type { SourceSettings } from './settings'
import { UnprocessablePayload, type AlertSource, type SourceContext } from './source'

/** Bodies nested deeper than this are refused. */
const MAX_DEPTH = 64

export interface Delivery extends SourceContext {
  /** The parsed JSON. */
  readonly body: unknown
}

/** Why a body is refused at receipt, as the error that the sender sees. */
export interface BodyProblem {
  readonly code: 'invalid_json' | 'validation_failed'
  readonly message: string
}

/** Checks what can be answered before anything is normalised: depth, top-level type, required fields. */
export function bodyProblem(
  source: AlertSource,
  body: unknown,
  settings: SourceSettings,
): BodyProblem | null {
  if (isDeeper(body, MAX_DEPTH) || !source.acceptsBody(body)) {
    return { code: 'invalid_json', message: 'Invalid request body' }
  }
  const field = source.missingField(body, settings)
  return field === null ? null : { code: 'validation_failed', message: `Missing ${field}` }
}

/**
 * The alerts and changes of a delivery in its order; an item that cannot be used is an error with its index and
 * never blocks the others.
 * @throws UnprocessablePayload when the body as a whole cannot be read
 */
export async function normalise(source: AlertSource, delivery: Delivery): Promise<Normalised> {
  const problem = bodyProblem(source, delivery.body, delivery.settings)
  if (problem !== null) throw new UnprocessablePayload(problem.message)
  const alerts: CanonicalAlert[] = []
  const changes: ChangeEvent[] = []
  const errors: ItemError[] = []
  for (const [index, draft] of source.toDrafts(delivery.body, delivery).entries()) {
    switch (draft.type) {
      case 'alert': {
        const alert = await finishAlert(source, draft, index, delivery)
        if (typeof alert === 'string') errors.push({ index, message: alert })
        else alerts.push(alert)
        break
      }
      case 'change': {
        const change = finishChange(source, draft, delivery)
        if (typeof change === 'string') errors.push({ index, message: change })
        else changes.push(change)
        break
      }
      case 'error':
        errors.push({ index, message: draft.message })
        break
      case 'skip':
        break
    }
  }
  return { alerts, changes, errors }
}

/** Level by level instead of recursively: a hostile body must not exhaust the stack. */
function isDeeper(body: unknown, limit: number): boolean {
  let level = [body].filter(isContainer)
  for (let depth = 1; depth <= limit && level.length > 0; depth += 1) {
    level = level.flatMap((container) => Object.values(container).filter(isContainer))
  }
  return level.length > 0
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null
