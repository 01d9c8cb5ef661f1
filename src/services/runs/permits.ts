/** Who may start to investigate now. Decided inside the organisation's correlator, from rows, so no counter can leak. */
import { rankOf } from '../../alerts/severity'
import type { Severity } from '../../alerts/canonical'
import { MINUTE, SECOND } from '../../lib/time'
import { deferRun, permitFacts, runById, skipRun } from '../../store/runs'
import type { TenantDb } from '../../store/tenant-db'
import { claimNow, isOver, type Claim } from './lease'

export interface Limits {
  readonly maxConcurrentRuns: number
  readonly startsPer5Min: number
}

export const DEFAULT_LIMITS: Limits = { maxConcurrentRuns: 3, startsPer5Min: 5 }

const SPAN = 5 * MINUTE
const LEAST_WAIT = 10 * SECOND

export interface Waiting {
  readonly id: string
  readonly trigger: string
  readonly createdAt: number
  readonly notBefore: number | null
  readonly severity: Severity
}

/** The graver and the longer waiting first; nothing starves. */
export function inOrder<W extends Waiting>(waiting: readonly W[], now: number): readonly W[] {
  const weight = ({ severity, createdAt }: W): number =>
    rankOf(severity) + Math.floor((now - createdAt) / (10 * MINUTE))
  return waiting.toSorted(
    (a, b) => weight(b) - weight(a) || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1),
  )
}

export interface Standing {
  readonly running: number
  /** Starts of automatic runs within the span, oldest first, ms. */
  readonly starts: readonly number[]
  readonly limits: Limits
}

const isManual = (run: Waiting): boolean => run.trigger === 'manual' || run.trigger === 'retry'

/** Which of the waiting may start at this moment, in order. */
export function startable<W extends Waiting>(
  waiting: readonly W[],
  { running, starts, limits }: Standing,
  now: number,
): readonly W[] {
  let places = limits.maxConcurrentRuns - running
  let automatic = limits.startsPer5Min - starts.length
  return inOrder(waiting, now).filter((run) => {
    if (places <= 0 || (!isManual(run) && automatic <= 0)) return false
    places--
    if (!isManual(run)) automatic--
    return true
  })
}

/** When a run that may not start now can next hope to. */
export function nextChance({ running, starts, limits }: Standing, now: number): number {
  const [oldest] = starts
  const byStarts = starts.length >= limits.startsPer5Min && oldest !== undefined ? oldest + SPAN : now
  return Math.max(now + LEAST_WAIT, running >= limits.maxConcurrentRuns ? now : byStarts)
}

/** Claims a queued investigation if it is its turn, else says when to ask again. */
export async function claimWithPermit(
  db: TenantDb,
  runId: string,
  owner: string,
  now: number,
  limits: Limits = DEFAULT_LIMITS,
): Promise<Claim> {
  const [run] = await runById(db, runId)
  if (run === undefined || isOver(run)) return { kind: 'over' }
  if (run.state !== 'queued') return claimNow(db, run, owner, now)
  const { standing, waiting } = await stand(db, now, limits)
  const own = waiting.find(({ id }) => id === runId)
  if (own?.startDelayed === true && own.incidentStatus === 'resolved') {
    await skipRun(db, runId, 'resolved_before_start', now)
    return { kind: 'over' }
  }
  if (own?.startDelayed === true && (run.notBefore ?? 0) > now)
    return { kind: 'wait', until: run.notBefore ?? now }
  if (!startable(waiting.filter(isDue(now)), standing, now).some(({ id }) => id === runId)) {
    const until = nextChance(standing, now)
    await deferRun(db, runId, until)
    return { kind: 'wait', until }
  }
  // A permit came back before the time that the run was told to wait for.
  if ((run.notBefore ?? 0) > now) await deferRun(db, runId, now)
  return claimNow(db, run, owner, now)
}

/** The queued investigations that may start now: they are told when a permit comes back. */
export async function startableRuns(
  db: TenantDb,
  now: number,
  limits: Limits = DEFAULT_LIMITS,
): Promise<readonly string[]> {
  const { standing, waiting } = await stand(db, now, limits)
  return startable(waiting.filter(isDue(now)), standing, now).map(({ id }) => id)
}

async function stand(db: TenantDb, now: number, limits: Limits) {
  const [[counted], started, queued] = await permitFacts(db, now - SPAN)
  const starts = started.map(({ startedAt }) => startedAt)
  const standing: Standing = { running: counted?.n ?? 0, starts, limits }
  const waiting = queued.map(({ checkpoint, ...run }) => ({
    ...run,
    startDelayed: checkpoint['startDelayed'] === true,
  }))
  return { standing, waiting }
}

/** Those in their start delay do not compete yet. */
const isDue =
  (now: number) =>
  ({
    startDelayed,
    notBefore,
  }: {
    readonly startDelayed: boolean
    readonly notBefore: number | null
  }): boolean =>
    !startDelayed || (notBefore ?? 0) <= now
