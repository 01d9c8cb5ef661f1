/** The hypotheses of an incident's newest investigation, as the findings of one general investigator. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { newestInvestigation, wholeIncident } from '../store/incidents'
import { evidencePage } from '../store/investigations'
import type { EvidenceRow, RunRow } from '../store/run-rows'
import type { Ctx } from './context'
import { storedFindings } from './stored-findings'

export interface Finding {
  readonly agentId: string
  readonly purpose: string
  readonly status: 'running' | 'succeeded' | 'failed' | 'timeout' | 'cancelled' | 'inconclusive'
  readonly strength: 'strong' | 'moderate' | 'weak' | 'inconclusive' | null
  readonly currentAction: string | null
  /** Null until something is known. */
  readonly body: string | null
  readonly startedAt: number
  readonly endedAt: number | null
  readonly evidence: readonly EvidenceRow[]
}

const AGENT_ID = /^[A-Za-z0-9_-]{1,64}$/
const EVIDENCE = 500
const HISTORY = 30

/** @throws AppError not_found */
export async function listFindings({ db }: Ctx, incidentId: string): Promise<readonly Finding[]> {
  const [[incident], [run], evidence] = await db.batch([
    wholeIncident(db, incidentId),
    newestInvestigation(db, incidentId),
    evidencePage(db, incidentId, { after: 0, runId: null, limit: EVIDENCE }),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  return run === undefined ? [] : findingsOf(run, evidence)
}

/** @throws AppError invalid_id, not_found */
export async function readFinding(ctx: Ctx, incidentId: string, agentId: string): Promise<Finding> {
  if (!AGENT_ID.test(agentId)) throw new AppError('invalid_id', 'Invalid agent ID format')
  const finding = (await listFindings(ctx, incidentId)).find((one) => one.agentId === agentId)
  if (finding === undefined) throw notFound('Finding not found')
  return finding
}

const PURPOSE = {
  root_cause: 'What caused the incident',
  what_happened: 'What happened, and in which order',
  impact: 'Who is affected',
} as const
const STRENGTH = { confirmed: 'strong', likely: 'moderate', inconclusive: 'weak' } as const

const droppedClaims = z.array(z.object({ text: z.string(), evidence: z.array(z.number()) }))

/** Pure: the same run and evidence give the same findings, in the order of the summary. */
function findingsOf(run: RunRow, evidence: readonly EvidenceRow[]): readonly Finding[] {
  const times = { startedAt: run.startedAt ?? run.createdAt, endedAt: run.endedAt, currentAction: null }
  const numbered = (numbers: readonly number[]): readonly EvidenceRow[] =>
    evidence.filter(({ number }) => numbers.includes(number)).slice(0, HISTORY)
  const findings = run.state === 'succeeded' ? storedFindings(run.claims) : null
  if (findings === null) {
    const own = evidence.filter(({ runId }) => runId === run.id)
    return [
      {
        ...whole(run),
        ...times,
        currentAction: isOpen(run) ? run.step : null,
        evidence: own.slice(-HISTORY),
      },
    ]
  }
  const count = new Map<string, number>()
  const idOf = (kind: string): string => {
    const n = (count.get(kind) ?? 0) + 1
    count.set(kind, n)
    return `${kind}-${n}`
  }
  const strength = run.verdict === null ? null : STRENGTH[run.verdict]
  const dropped = droppedClaims.safeParse(run.droppedClaims ?? [])
  return [
    ...findings.claims.map((claim): Finding => ({
      ...times,
      agentId: idOf(claim.section),
      purpose: PURPOSE[claim.section],
      status: 'succeeded',
      strength,
      body: claim.text,
      evidence: numbered(claim.evidence),
    })),
    ...findings.ruledOut.map((item): Finding => ({
      ...times,
      agentId: idOf('ruled_out'),
      purpose: 'Whether something else explains it',
      status: 'succeeded',
      strength: 'strong',
      body: item.text,
      evidence: numbered(item.evidence),
    })),
    ...(dropped.success ? dropped.data : []).map((claim): Finding => ({
      ...times,
      agentId: idOf('unproven'),
      purpose: 'A claim that the evidence did not support',
      status: 'inconclusive',
      strength: 'inconclusive',
      body: null,
      evidence: numbered(claim.evidence),
    })),
  ]
}

const isOpen = ({ state }: RunRow): boolean => state === 'queued' || state === 'leased' || state === 'running'

const whole = (run: RunRow) => ({
  agentId: `investigation-${run.ordinal}`,
  purpose: 'Investigate the incident',
  status: statusOf(run),
  strength: null,
  body: null,
})

function statusOf({ state }: RunRow): Finding['status'] {
  switch (state) {
    case 'queued':
    case 'leased':
    case 'running':
      return 'running'
    case 'succeeded':
    case 'failed':
    case 'timeout':
    case 'cancelled':
      return state
  }
}
