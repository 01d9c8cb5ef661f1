/** One delivery to canonical records: pure, and total for every JSON value. */
import type { CanonicalAlert, ChangeEvent, ItemError, Normalised } from './canonical'
import { isDeeper } from './depth'
import { finishAlert, finishChange } from './finish'
import type { SourceSettings } from './settings'
import { UnprocessablePayload, type AlertSource, type SourceContext } from './source'

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
  headers: Headers = new Headers(),
): BodyProblem | null {
  if (isDeeper(body) || !source.acceptsBody(body)) {
    return { code: 'invalid_json', message: 'Invalid request body' }
  }
  const field = source.missingField(body, settings, headers)
  return field === null ? null : { code: 'validation_failed', message: `Missing ${field}` }
}

/**
 * The alerts and changes of a delivery in its order; an item that cannot be used is an error with its index and
 * never blocks the others.
 * @throws UnprocessablePayload when the body as a whole cannot be read
 */
export async function normalise(source: AlertSource, delivery: Delivery): Promise<Normalised> {
  const problem = bodyProblem(source, delivery.body, delivery.settings, delivery.headers)
  if (problem !== null) throw new UnprocessablePayload(problem.message)
  const alerts: CanonicalAlert[] = []
  const changes: ChangeEvent[] = []
  const errors: ItemError[] = []
  for (const [index, draft] of source.toDrafts(delivery.body, delivery).entries()) {
    switch (draft.type) {
      case 'alert': {
        const alert = await finishAlert(source, draft, index, delivery)
        if (typeof alert !== 'string') alerts.push(alert)
        // News about nothing in particular is stored with its delivery; it is no fault of the sender.
        else if (draft.state !== 'info') errors.push({ index, message: alert })
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
