/** Slow work for a connection: a row, a message, one idempotent step at a time. */
import * as z from 'zod'
import {
  KINDS,
  type Connector,
  type ConnectorJob,
  type JobProgress,
  type JobView,
  type Proved,
  type Selection,
} from '../../connectors/connector'
import type { Outcome, Refusal } from '../../connectors/outcome'
import { AppError, notFound } from '../../lib/errors'
import { open } from '../../lib/seal'
import { MINUTE } from '../../lib/time'
import { isGuardFailure, isUniqueViolation } from '../../store/db'
import type { ConnectionRow, ConnectorJobRow, SelectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import { claimLogin, insertJob, jobById, leaseJob, saveJob } from '../../store/connector-jobs'
import type { TenantDb } from '../../store/tenant-db'
import { requireRole, type Ctx } from '../context'
import { withAccess } from './call'
import { storeProved } from './connect'
import { coreJobOf } from './core-jobs'
import { claimPlace } from './credentials'
import type { Ports } from './ports'

const LEASE_MS = MINUTE
const MOST_ATTEMPTS = 5
const RETRY_SECONDS = 15

/**
 * A new job of a connection, stored and sent. One whose `id` is given is started once, however often it is asked for.
 * @returns its id, a UUID v4
 */
export async function startJob(
  db: TenantDb,
  ports: Ports,
  connection: Pick<ConnectionRow, 'id' | 'provider'>,
  kind: string,
  {
    userId,
    now,
    input = {},
    id = crypto.randomUUID(),
  }: {
    readonly userId: string
    readonly now: number
    readonly input?: Readonly<Record<string, unknown>>
    readonly id?: string
  },
): Promise<string> {
  const steps = ports.connectorOf(connection.provider)?.jobs[kind]?.steps.length ?? 1
  try {
    await db.commit([
      insertJob(db, {
        id,
        userId,
        connectionId: connection.id,
        provider: connection.provider,
        kind,
        totalSteps: steps,
        inputJson: { input, memory: {} },
        lastEnqueuedAt: now,
        createdAt: now,
        updatedAt: now,
      }),
    ])
  } catch (error) {
    if (isUniqueViolation(error)) return id
    throw error
  }
  await ports.sendJob(id)
  return id
}

/**
 * A job as members see it. The first look of whoever began an unproved login claims it: only then there is a connection.
 * @throws AppError not_found, also for the unclaimed login of somebody else
 */
export async function readJob(ctx: Ctx, ports: Ports, id: string): Promise<ConnectorJobRow> {
  const [job] = await jobById(ctx.db, id)
  if (job === undefined) throw notFound('Task not found')
  if (job.claimSealed === null) return job
  if (job.userId !== ctx.actor.userId || (job.claimExpiresAt ?? 0) <= ctx.now)
    throw notFound('Task not found')
  requireRole(ctx, 'editor')
  await claim(ctx, ports, job, job.claimSealed)
  const [claimed] = await jobById(ctx.db, id)
  if (claimed === undefined) throw notFound('Task not found')
  return claimed
}

async function claim(ctx: Ctx, ports: Ports, job: ConnectorJobRow, sealed: string): Promise<void> {
  const connector = ports.connectorOf(job.provider)
  const opened = await open(await ports.masters(), claimPlace(job.id), sealed)
  if (connector === null || !opened.ok) throw notFound('Task not found')
  const proved = provedSchema.parse(JSON.parse(opened.plaintext))
  const kind = connector.jobAfterLogin
  try {
    await storeProved(ctx.db, ports, connector, proved, {
      userId: ctx.actor.userId,
      method: 'oauth_code',
      event: 'connector.claim',
      now: ctx.now,
      also: (connection) => [
        claimLogin(ctx.db, job.id, ctx.actor.userId, ctx.now),
        ctx.db.ensureChanged(),
        saveJob(ctx.db, job, {
          connectionId: connection.id,
          totalSteps: kind === undefined ? 0 : (connector.jobs[kind]?.steps.length ?? 0),
          inputJson: { input: {}, memory: {} },
          ...(kind === undefined
            ? { state: 'SUCCESS', progress: 100, resultJson: { status: 'SUCCESS' } }
            : { lastEnqueuedAt: ctx.now }),
        }),
      ],
    })
    if (kind !== undefined) await ports.sendJob(job.id)
  } catch (error) {
    // Two looks at once: the other one has it.
    if (error instanceof AppError && error.code === 'conflict') return
    throw error
  }
}

/** What an unclaimed login keeps sealed. */
export const provedSchema: z.ZodType<Proved> = z.object({
  accountId: z.string(),
  accountName: z.string(),
  secret: z.unknown(),
  details: z.record(z.string(), z.unknown()),
  expiresAt: z.number().nullable(),
  region: z.string().nullable(),
  roleArn: z.string().nullable(),
  readOnlyRoleArn: z.string().nullable(),
  products: z
    .array(
      z.object({
        provider: z.string(),
        accountId: z.string(),
        accountName: z.string(),
        details: z.record(z.string(), z.unknown()),
      }),
    )
    .default([]),
  method: z.enum(KINDS).optional(),
  multiAccount: z.boolean().optional(),
})

/** What is to happen with the message: nothing more, or another one after so many seconds. */
export type StepOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly delaySeconds: number }

const DONE: StepOutcome = { kind: 'done' }

/** Runs the next step of a job, if nobody else is at it. A redelivered message finds the checkpoint. */
export async function advanceJob(db: TenantDb, ports: Ports, jobId: string): Promise<StepOutcome> {
  const now = Date.now()
  const [job] = await leaseJob(db, jobId, now, LEASE_MS)
  if (job === undefined) return DONE
  const connector = ports.connectorOf(job.provider)
  const [row] = job.connectionId === null ? [] : await store.connectionById(db, job.connectionId)
  if (connector === null || row === undefined || row.status === 'not_connected')
    return fail(db, job, 'not_connected', 'The connection is gone')
  if (job.attempts > MOST_ATTEMPTS)
    return fail(db, job, job.errorCode ?? 'upstream_error', 'The provider could not be reached')
  const core = coreJobOf(job.kind)
  if (core !== null) {
    const made = await core({ db, ports, connector, row, job, now })
    switch (made.kind) {
      case 'done':
        return succeed(db, job, made.result)
      case 'failed':
        return fail(db, job, made.code, made.text)
      case 'wait':
        return wait(db, ports, job, made)
      default:
        return refused(db, connector, job, made)
    }
  }
  const definition = connector.jobs[job.kind]
  const step = definition?.steps[job.step]
  if (definition === undefined || step === undefined) return succeed(db, job, job.resultJson ?? {})
  const outcome = await runStep(db, ports, connector, row, step, job)
  return outcome.kind === 'ok'
    ? save(db, ports, job, row, outcome.value, definition)
    : refused(db, connector, job, outcome)
}

/** What becomes of a job whose vendor said no: the vendor's trouble passes, a dead credential does not. */
async function refused(
  db: TenantDb,
  connector: Connector,
  job: ConnectorJobRow,
  outcome: Refusal | { readonly kind: 'not_connected' },
): Promise<StepOutcome> {
  switch (outcome.kind) {
    case 'rate_limited':
      return retry(db, job, outcome.kind, Math.min(outcome.retryAfterSeconds, 600))
    case 'unreachable':
    case 'vendor_error':
      return retry(db, job, outcome.kind, RETRY_SECONDS * job.attempts)
    case 'expired':
    case 'credential_refused':
      return fail(
        db,
        job,
        'reconnect_required',
        `${connector.name} access has expired. Please reconnect your account.`,
      )
    case 'not_connected':
      return fail(db, job, 'not_connected', 'The connection is gone')
    case 'insufficient_permission':
    case 'no_resources':
    case 'blocked':
      return fail(
        db,
        job,
        outcome.kind,
        outcome.text ?? `The ${connector.name} credential lacks a required permission`,
      )
  }
}

/** Nothing went wrong and nothing is done yet: the job comes back by itself. */
async function wait(
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

const inputSchema = z.object({
  input: z.record(z.string(), z.unknown()).default({}),
  memory: z.record(z.string(), z.unknown()).default({}),
})

async function runStep(
  db: TenantDb,
  ports: Ports,
  connector: Connector,
  row: ConnectionRow,
  step: ConnectorJob['steps'][number],
  job: ConnectorJobRow,
): Promise<Outcome<JobProgress> | { readonly kind: 'not_connected' }> {
  const selections = (await store.selectionsOf(db, [row.id])).map(selectionOf)
  const view: JobView = { ...inputSchema.parse(job.inputJson), selections }
  return withAccess(db, ports, connector, row, (ctx, access) => step(ctx, access, row.publicJson, view))
}

const selectionOf = (row: SelectionRow): Selection => ({
  id: row.resourceId,
  name: row.resourceName,
  type: row.resourceType,
  enabled: row.enabled,
  isRoot: row.isRoot,
})

async function save(
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

async function retry(
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

async function succeed(
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
async function fail(db: TenantDb, job: ConnectorJobRow, code: string, text: string): Promise<StepOutcome> {
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
