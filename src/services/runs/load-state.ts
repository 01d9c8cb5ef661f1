import {
  checkpointSchema,
  STEPS,
  type News,
  type RunEvidence,
  type RunState,
  type Step,
  type StoredMessage,
} from '../../agent/run/state'
import { toolErrorCodes, type ToolErrorCode } from '../../agent/evidence'
import { SECOND } from '../../lib/time'
import { incidentFacts } from '../../store/agent-reads'
import type { EvidenceRow, RunRow } from '../../store/run-rows'
import { MOST_EVIDENCE, readRunState } from '../../store/runs'
import type { TenantDb } from '../../store/tenant-db'
import { investigationFrom } from '../investigation-settings'

/** What the next step of this run sees: exactly what was committed. Null when its incident is gone. */
export async function loadState(db: TenantDb, run: RunRow) {
  const checkpoint = checkpointSchema.parse(run.checkpoint)
  const [newest, messages, updates, [incident], [settings]] = await readRunState(
    db,
    run,
    checkpoint.contextCursor,
  )
  const evidence = newest.toReversed()
  if (incident === undefined) return null
  const allowed = investigationFrom(settings?.investigation)
  const state: RunState = {
    runId: run.id,
    limits: {
      modelTurns: allowed.maxModelTurns,
      toolCalls: allowed.maxInternalToolCalls,
      externalCalls: allowed.maxExternalToolCalls,
      endsAt: (run.startedAt ?? run.createdAt) + allowed.maxRunSeconds * SECOND,
    },
    incident: incidentFacts(incident),
    step: stepOf(run.step),
    iteration: run.iteration,
    checkpoint,
    evidence: evidence.filter(({ runId }) => runId === run.id).map(asItem),
    isCut: evidence.length === MOST_EVIDENCE,
    // Our own rows, written by `commit.ts` in this very shape.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    messages: messages.map(({ message }) => message as StoredMessage),
    news: updates.map((update): News => ({ ...update, service: null })),
  }
  return { state, incident, allEvidence: evidence }
}

const stepOf = (text: string): Step => STEPS.find((step) => step === text) ?? 'context'

/** A stored row as the analyst sees it. */
export const asItem = (row: EvidenceRow): RunEvidence => ({
  key: row.toolCallKey,
  number: row.number,
  tool: row.tool,
  command: row.command,
  output: row.output,
  status: row.status,
  trust: row.trust,
  executedAt: row.executedAt,
  errorCode: row.errorCode === null ? null : codeOf(row.errorCode),
})

const codeOf = (text: string): ToolErrorCode => toolErrorCodes.find((code) => code === text) ?? 'vendor_error'
