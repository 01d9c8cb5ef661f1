/** Slow work for a connection: a row, a message, one idempotent step at a time. */
import * as z from 'zod'
import type { Connector } from '../../connectors/connector'
import type { ConnectorJob, JobProgress, JobView, Selection } from '../../connectors/job'
import type { Outcome, Refusal } from '../../connectors/outcome'
import { MINUTE } from '../../lib/time'
import type { ConnectionRow, ConnectorJobRow, SelectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import { leaseJob } from '../../store/connector-jobs'
import type { TenantDb } from '../../store/tenant-db'
import { withAccess } from './call'
import { coreJobOf } from './core-jobs'
import { DONE, fail, MOST_ATTEMPTS, retry, save, succeed, wait, type StepOutcome } from './after-step'
import type { Ports } from './ports'

const LEASE_MS = MINUTE
const RETRY_SECONDS = 15

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
