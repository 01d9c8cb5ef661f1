/** Who may start to investigate now. Decided inside the organisation's correlator, from rows, so no counter can leak. */
import { rankOf } from '../../alerts/severity'
import type { Severity } from '../../alerts/canonical'
import { MINUTE, SECOND } from '../../lib/time'
import { releaseSession } from '../../store/session-runs'
import type { RunRow } from '../../store/run-rows'
import { deferRun, finishEffect, permitFacts, runById, skipRun } from '../../store/runs'
import type { TenantDb } from '../../store/tenant-db'
import { investigationFrom, type InvestigationSettings } from '../investigation-settings'
import { claimNow, isOver, type Claim } from './lease'

type Limits = Pick<InvestigationSettings, 'maxConcurrentRuns' | 'startsPer5Min'>

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

const isManual = (run: Pick<Waiting, 'trigger'>): boolean =>
  run.trigger === 'manual' || run.trigger === 'retry'

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

/**
 * When a run that may not start now can next hope to, with so many automatic ones before it. Each start bars the one that
 * comes a full allowance later for five minutes, so the earliest times follow from those known.
 */
export function nextChance({ starts, limits }: Standing, ahead: number, now: number): number {
  const times = [...starts]
  for (let turn = 0; turn <= ahead; turn++)
    times.push(Math.max(now, (times.at(-limits.startsPer5Min) ?? 0) + SPAN))
  return Math.max(now + LEAST_WAIT, times.at(-1) ?? now)
}

/** Claims a queued investigation if it is its turn, else says when to ask again. */
export async function claimWithPermit(
  db: TenantDb,
  runId: string,
  owner: string,
  now: number,
): Promise<Claim> {
  const [run] = await runById(db, runId)
  if (run === undefined || isOver(run)) return { kind: 'over' }
  if (run.state !== 'queued') return claimNow(db, run, owner, now)
  const { standing, waiting, enabled } = await stand(db, now)
  const own = waiting.find(({ id }) => id === runId)
  if (own?.startDelayed === true && own.incidentStatus === 'resolved')
    return skip(db, run, 'resolved_before_start', now)
  if (!enabled && !isManual(run)) return skip(db, run, 'disabled', now)
  if (own?.startDelayed === true && (run.notBefore ?? 0) > now)
    return { kind: 'wait', until: run.notBefore ?? now }
  if (!startable(waiting.filter(isDue(now)), standing, now).some(({ id }) => id === runId)) {
    const line = inOrder(waiting.filter(isDue(now)), now).filter((other) => !isManual(other))
    const until = isManual(run) ? now + LEAST_WAIT : nextChance(standing, placeOf(line, runId), now)
    await deferRun(db, runId, until)
    return { kind: 'wait', until }
  }
  // A permit came back before the time that the run was told to wait for.
  if ((run.notBefore ?? 0) > now) await deferRun(db, runId, now)
  return claimNow(db, run, owner, now)
}

/** Ends a run that never began, and the waiting of its thread. */
async function skip(db: TenantDb, run: RunRow, reason: string, now: number): Promise<Claim> {
  await db.commit([
    skipRun(db, run.id, reason, now),
    db.ensureChanged(),
    releaseSession(db, run.sessionId, run.id, 'completed', 0, now),
    finishEffect(db, `run:${run.id}`, now),
  ])
  return { kind: 'over' }
}

/** The queued investigations that may start now: they are told when a permit comes back. */
export async function startableRuns(db: TenantDb, now: number): Promise<readonly string[]> {
  const { standing, waiting } = await stand(db, now)
  return startable(waiting.filter(isDue(now)), standing, now).map(({ id }) => id)
}

async function stand(db: TenantDb, now: number) {
  const [[counted], started, queued, [settings]] = await permitFacts(db, now - SPAN, now)
  const { enabled, ...limits } = investigationFrom(settings?.investigation)
  const starts = started.map(({ startedAt }) => startedAt)
  const standing: Standing = { running: counted?.n ?? 0, starts, limits }
  const waiting = queued.map(({ checkpoint, ...run }) => ({
    ...run,
    startDelayed: checkpoint['startDelayed'] === true,
  }))
  return { standing, waiting, enabled }
}

const placeOf = (line: readonly Waiting[], runId: string): number => {
  const place = line.findIndex(({ id }) => id === runId)
  return place < 0 ? line.length : place
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
