/** What becomes of a job after a step: it waits, is tried again, goes on or is over. */
import type { ConnectorJob, JobProgress } from '../../connectors/job'
import type { ConnectionRow, ConnectorJobRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import { saveJob } from '../../store/connector-jobs'
import { isGuardFailure } from '../../store/db'
import type { TenantDb } from '../../store/tenant-db'
import type { Ports } from './ports'

export const MOST_ATTEMPTS = 5

/** What is to happen with the message: nothing more, or another one after so many seconds. */
export type StepOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly delaySeconds: number }

export const DONE: StepOutcome = { kind: 'done' }

/** Nothing went wrong and nothing is done yet: the job comes back by itself. */
export async function wait(
  db: TenantDb,
  ports: Ports,
  job: ConnectorJobRow,
  {
    memory,
    delaySeconds,
  }: { readonly memory: Readonly<Record<string, unknown>>; readonly delaySeconds: number },
): Promise<StepOutcome> {
  const now = Date.now()
  await guarded(db, [
    saveJob(db, job, {
      state: 'PROGRESS',
      inputJson: { ...job.inputJson, memory },
      attempts: 0,
      errorCode: null,
      leaseUntil: null,
      lastEnqueuedAt: now + delaySeconds * 1000,
      updatedAt: now,
    }),
  ])
  await ports.sendJob(job.id, delaySeconds)
  return DONE
}

export async function save(
  db: TenantDb,
  ports: Ports,
  job: ConnectorJobRow,
  row: ConnectionRow,
  made: JobProgress,
  { steps }: ConnectorJob,
): Promise<StepOutcome> {
  const next = made.next === 'again' ? job.step : job.step + 1
  const over = made.next === 'done' || next >= steps.length
  const now = Date.now()
  await guarded(db, [
    saveJob(db, job, {
      step: Math.min(next, steps.length),
      totalSteps: steps.length,
      state: over ? 'SUCCESS' : 'PROGRESS',
      progress: over ? 100 : (made.progress ?? Math.floor((next * 100) / steps.length)),
      ...(made.status === undefined ? {} : { statusText: made.status }),
      ...(made.propagation === undefined ? {} : { propagationJson: made.propagation }),
      ...(made.result === undefined ? {} : { resultJson: made.result }),
      inputJson: { ...job.inputJson, ...(made.memory === undefined ? {} : { memory: made.memory }) },
      attempts: 0,
      errorCode: null,
      leaseUntil: null,
      lastEnqueuedAt: now,
      updatedAt: now,
    }),
    db.ensureChanged(),
    ...(made.selections === undefined
      ? []
      : [
          store.removeSelections(db, [row.id]),
          ...store.insertSelections(
            db,
            made.selections.map(({ id, name, type, enabled, isRoot }) => ({
              connectionId: row.id,
              resourceId: id,
              resourceName: name,
              resourceType: type,
              enabled,
              isRoot,
            })),
          ),
        ]),
    ...(made.details === undefined
      ? []
      : [
          store.changeConnection(db, row, {
            publicJson: { ...row.publicJson, ...made.details },
            updatedAt: now,
          }),
        ]),
  ])
  if (!over) await ports.sendJob(job.id)
  return DONE
}

export async function retry(
  db: TenantDb,
  job: ConnectorJobRow,
  code: string,
  delaySeconds: number,
): Promise<StepOutcome> {
  if (job.attempts >= MOST_ATTEMPTS)
    return fail(db, job, 'upstream_error', 'The provider could not be reached')
  await guarded(db, [
    saveJob(db, job, { leaseUntil: null, errorCode: code, lastEnqueuedAt: Date.now() + delaySeconds * 1000 }),
  ])
  return { kind: 'again', delaySeconds }
}

export async function succeed(
  db: TenantDb,
  job: ConnectorJobRow,
  result: Readonly<Record<string, unknown>>,
): Promise<StepOutcome> {
  await guarded(db, [
    saveJob(db, job, {
      state: 'SUCCESS',
      progress: 100,
      resultJson: result,
      leaseUntil: null,
      updatedAt: Date.now(),
    }),
  ])
  return DONE
}

/** @param text shown to people: never a vendor's words */
export async function fail(
  db: TenantDb,
  job: ConnectorJobRow,
  code: string,
  text: string,
): Promise<StepOutcome> {
  await guarded(db, [
    saveJob(db, job, {
      state: 'FAILURE',
      errorCode: code,
      statusText: text,
      leaseUntil: null,
      updatedAt: Date.now(),
    }),
  ])
  return DONE
}

/** A lease that was lost is somebody else's job now: nothing is written. */
async function guarded(db: TenantDb, statements: Parameters<TenantDb['commit']>[0]): Promise<void> {
  try {
    await db.commit(statements)
  } catch (error) {
    if (!isGuardFailure(error)) throw error
  }
}
