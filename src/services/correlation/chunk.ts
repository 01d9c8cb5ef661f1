/** What the ingest consumer hands to an organisation's correlator. */
import type { CanonicalAlert, ChangeEvent, ItemError, Severity } from '../../alerts/canonical'

/** The settings of the integration that matter after normalisation. */
export interface AlertSettings {
  readonly investigate: boolean
  readonly minRunSeverity: Severity
  readonly reopenWindowSeconds: number
  readonly autoResolveSeconds: number | null
  readonly startDelaySeconds: number
}

/** One canonical alert with its effect key: the delivery and its place inside it. */
export interface IncomingAlert {
  readonly deliveryId: string
  readonly idx: number
  readonly integrationId: string
  readonly receivedAt: number
  readonly authenticity: 'signature' | 'token' | 'session' | 'none'
  readonly settings: AlertSettings
  readonly alert: CanonicalAlert
}

export interface IncomingChange {
  readonly integrationId: string
  readonly change: ChangeEvent
}

/** At most 50 alerts, in order. */
export interface AlertChunk {
  readonly alerts: readonly IncomingAlert[]
  readonly changes: readonly IncomingChange[]
  /** Deliveries that are complete with this chunk. */
  readonly finished: readonly {
    readonly deliveryId: string
    readonly changes: number
    readonly errors: readonly ItemError[]
  }[]
}

export const CHUNK_SIZE = 50
