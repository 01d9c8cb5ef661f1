import {
  CHUNK_SIZE,
  type AlertChunk,
  type IncomingAlert,
  type IncomingChange,
} from '../services/correlation/chunk'
import type { ReadDelivery } from './read-delivery'

/**
 * Alerts of several deliveries in chunks, in order; a delivery is finished in the chunk with its last alert. A chunk is
 * bounded by number and by size, since D1 takes no value beyond 2 MB.
 */
export function* chunksOf(deliveries: readonly ReadDelivery[]): Generator<AlertChunk> {
  let chunk = emptyChunk()
  let size = 0
  for (const delivery of deliveries) {
    for (const [index, alert] of delivery.alerts.entries()) {
      chunk.alerts.push(alert)
      size += JSON.stringify(alert.alert).length
      if (index === delivery.alerts.length - 1) finish(chunk, delivery)
      if (chunk.alerts.length < CHUNK_SIZE && size < CHUNK_CHARACTERS) continue
      yield chunk
      chunk = emptyChunk()
      size = 0
    }
    if (delivery.alerts.length === 0) finish(chunk, delivery)
  }
  if (chunk.alerts.length > 0 || chunk.finished.length > 0) yield chunk
}

const CHUNK_CHARACTERS = 300_000

interface GrowingChunk {
  readonly alerts: IncomingAlert[]
  readonly changes: IncomingChange[]
  readonly finished: AlertChunk['finished'][number][]
}

const emptyChunk = (): GrowingChunk => ({ alerts: [], changes: [], finished: [] })

function finish(chunk: GrowingChunk, { id, changes, errors }: ReadDelivery): void {
  chunk.changes.push(...changes)
  chunk.finished.push({ deliveryId: id, changes: changes.length, errors })
}
