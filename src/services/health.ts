/** Whether the parts that the product stands on answer. Probes touch bindings only: no model, no vendor, no write. */
import { describeError, log } from '../lib/log'
import { MINUTE } from '../lib/time'
import { within } from '../lib/within'
import type { OldestPending } from '../store/directory'

/** Each throws, or does not answer, when its part does not. */
export interface Probes {
  /** Reads real tables. */
  readonly database: () => Promise<OldestPending>
  readonly gate: () => Promise<unknown>
  readonly hasQueues: boolean
  readonly hasRooms: boolean
}

export type Status = 'healthy' | 'degraded' | 'unhealthy'

type Check =
  | { readonly status: 'healthy'; readonly message: string }
  | { readonly status: 'degraded'; readonly warning: string }
  | { readonly status: 'unhealthy'; readonly error: string }

/** The names are those that existing monitors look for. */
export interface Checks {
  readonly database: Check
  readonly redis: Check
  readonly weaviate: Check
  readonly celery: Check
  readonly chatbot_websocket: Check
}

const DEADLINE_MS = 3000
const OLD_MS = 5 * MINUTE

/** Asks every part once, at the same time; never throws. `now` in ms. */
export async function examine(probes: Probes, now: number): Promise<Checks> {
  const [pending, gate] = await Promise.all([
    attempt('database', probes.database),
    attempt('gate', probes.gate),
  ])
  return {
    database: pending.ok
      ? healthy('Database connection successful')
      : unhealthy(databaseError(pending.error)),
    redis: gate.ok ? healthy('Request gate reachable') : unhealthy('Request gate unreachable'),
    weaviate: healthy('Not configured'),
    celery: checkQueues(probes.hasQueues, pending, now),
    chatbot_websocket: probes.hasRooms
      ? healthy('Chat rooms reachable')
      : unhealthy('Chat rooms unavailable'),
  }
}

/** Without database or gates nothing works; without the rest, something. */
export function overallStatus(checks: Checks): Status {
  if (!isReady(checks)) return 'unhealthy'
  return Object.values(checks).every(({ status }: Check) => status === 'healthy') ? 'healthy' : 'degraded'
}

/** Whether requests can be served at all. */
export const isReady = ({ database, redis }: Checks): boolean =>
  database.status !== 'unhealthy' && redis.status !== 'unhealthy'

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

async function attempt<T>(part: string, probe: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await within(DEADLINE_MS, probe()) }
  } catch (error) {
    log.error('health.probe_failed', error, { part })
    return { ok: false, error }
  }
}

function checkQueues(present: boolean, pending: Attempt<OldestPending>, now: number): Check {
  if (!present) return unhealthy('Job queues unavailable')
  if (!pending.ok) return degraded('Age of pending jobs unknown')
  const { delivery, run } = pending.value
  const oldest = Math.min(delivery ?? now, run ?? now)
  if (now - oldest <= OLD_MS) return healthy('Job queues available')
  return degraded(`Oldest pending job is ${Math.floor((now - oldest) / MINUTE)} minutes old`)
}

const databaseError = (error: unknown): string =>
  describeError(error).includes('no such table') ? 'Database schema is missing' : 'Database connection failed'

const healthy = (message: string): Check => ({ status: 'healthy', message })
const degraded = (warning: string): Check => ({ status: 'degraded', warning })
const unhealthy = (error: string): Check => ({ status: 'unhealthy', error })
