/** Namespaces, as what an organisation can choose of a cluster. */
import type { Resource } from '../paging'
import type { OperationOutcome } from '../operation'
import { ok, type Outcome } from '../outcome'
import { anything, itemsOf } from './objects'

/** The namespaces in the answer of a cluster. */
export function namespacesOf(outcome: OperationOutcome): Outcome<readonly Resource[]> {
  if (outcome.kind === 'not_found' || outcome.kind === 'invalid_arguments') return { kind: 'vendor_error' }
  if (outcome.kind !== 'ok') return outcome
  const found = itemsOf(outcome.value.data, anything)
  if (found === null) return { kind: 'vendor_error' }
  return ok(
    found.items.map(({ metadata: { name }, status }) => ({
      id: name,
      name,
      type: 'namespace',
      details: { phase: status?.phase ?? null },
    })),
  )
}
