/** Before a chat reads anything, its model may ask for a write on behalf of the person who orders it; people decide. */
import { jsonSchema, type ToolSet } from 'ai'
import * as z from 'zod'
import type { Call } from '../../agent/run/call-tools'
import { askForWrites } from '../../agent/run/propose'
import type { Checkpoint, RunState } from '../../agent/run/state'
import { redact } from '../../agent/redact'
import { commandOf } from '../../agent/tools/tool'
import { AppError } from '../../lib/errors'
import { iso } from '../../lib/time'
import { recentMessages } from '../../store/chat-messages'
import { liveConnections } from '../../store/connections'
import type { Statement } from '../../store/db'
import { memberById } from '../../store/members'
import { guardRun } from '../../store/runs'
import { toolDecisions } from '../../store/tool-permissions'
import type { Asker } from '../approvals/checks'
import { approvalRequest, draftRequest } from '../approvals/request'
import type { WriteTool } from '../approvals/write-tool'
import { writeTools } from '../approvals/write-tools'
import { hasRole } from '../context'
import { assistantOf, settled, tellCost } from './assistant'
import { movedTo, type Executor, type Held, type Progress } from './executor'
import { depsOf } from './investigate'
import { afterNoTurn, goOn } from './without-model'

/** Requests that one message can lead to. */
const MOST = 3
const NOTHING: Pick<Checkpoint, 'proposals'> = { proposals: [] }
const REFUSED: ReadonlySet<string> = new Set(['filtered', 'refused_input'])
const LONGEST_REASON = 1000

/**
 * The step before the first look around, for who may act and names a system that can be written to. What is asked for is
 * stored in the batch of the step, so once. Null: there is nothing to ask for.
 */
export async function proposeWrites(
  executor: Executor,
  held: Held,
  { incident, checkpoint }: RunState,
  signal: AbortSignal,
): Promise<Progress | null> {
  const { db } = executor
  const { run } = held
  if (run.mode !== 'agent' || run.userId === null) return null
  if (checkpoint.proposals !== null || checkpoint.degraded !== null) return null
  const [messages, [member], rows, decisions] = await db.batch([
    recentMessages(db, run.sessionId, 2),
    memberById(db, run.userId),
    liveConnections(db, null),
    toolDecisions(db),
  ])
  // They may have lost the role since they asked.
  if (member === undefined || !hasRole(member.role, 'editor')) return null
  const words = messages.find(({ sender }) => sender === 'user')?.text ?? ''
  const connected = new Set(rows.map(({ provider }) => provider))
  const off = new Set(decisions.flatMap(({ tool, enabled }) => (enabled ? [] : [tool])))
  const tools = writeTools.filter(
    (tool) => connected.has(tool.connector.id) && !off.has(tool.name) && isNamed(words, tool),
  )
  if (tools.length === 0) return null
  const assistant = await assistantOf(executor, held)
  if (assistant === null || assistant === 'unavailable') return null

  const deps = depsOf(executor, incident.id, signal)
  const asked = await askForWrites(words, offered(tools), deps, assistant)
  // What the vendor refuses of these words alone is no reason to do without the model in the answer.
  if (asked.kind === 'over_budget') return goOn(executor, held, NOTHING, [])
  if (asked.kind === 'failed' && REFUSED.has(asked.failure.kind))
    return goOn(executor, held, NOTHING, settled(executor, held, assistant, asked.spent))
  if (asked.kind !== 'turn') return afterNoTurn(executor, held, assistant, asked)
  await tellCost(executor, held, assistant, asked.spent)
  const now = executor.now()
  const actor = { userId: run.userId, orgId: db.orgId, role: member.role, sid: null }
  const about = { incidentId: incident.id, reason: redact(words).slice(0, LONGEST_REASON) }
  const outcomes = await Promise.all(
    distinct(asked.said.calls)
      .slice(0, MOST)
      .map((call) => request({ db, actor, now }, about, tools, call)),
  )
  const position = {
    step: run.step,
    iteration: run.iteration + 1,
    checkpoint: {
      ...run.checkpoint,
      proposals: outcomes.map(({ told }) => told),
    } satisfies Partial<Checkpoint>,
  }
  await db.commit([
    ...guardRun(db, held.lease, position, now),
    ...outcomes.flatMap(({ statements }) => statements),
    ...settled(executor, held, assistant, asked.spent),
  ])
  executor.publish()
  return { kind: 'again', at: now, held: movedTo(held, position) }
}

/** The person speaks of the system. A pull request needs a file that somebody has read, and here nobody has. */
const isNamed = (words: string, { name, connector }: WriteTool): boolean =>
  name !== 'github_open_pull_request' &&
  [connector.id, connector.name].some((known) => words.toLowerCase().includes(known.toLowerCase()))

/** Each call once: a model may say it twice. */
const distinct = (calls: readonly Call[]): readonly Call[] => [
  ...new Map(calls.map((call) => [commandOf(call.toolName, call.args), call])).values(),
]

const offered = (tools: readonly WriteTool[]): ToolSet =>
  Object.fromEntries(
    tools.map(({ name, description, input }) => [
      name,
      {
        description,
        inputSchema: jsonSchema({
          ...z.toJSONSchema(input, { io: 'input', unrepresentable: 'any', target: 'draft-7' }),
          $schema: undefined,
        }),
      },
    ]),
  )

interface Outcome {
  /** For the person, beneath the answer. */
  readonly told: string
  readonly statements: readonly Statement[]
}

const fieldErrors = z.array(z.object({ message: z.string() })).catch([])

async function request(
  asker: Asker,
  about: { readonly incidentId: string; readonly reason: string },
  tools: readonly WriteTool[],
  { toolName, args }: Call,
): Promise<Outcome> {
  const refused = (why: string): Outcome => ({
    told: `_Not asked for: \`${toolName}\`. ${why}._`,
    statements: [],
  })
  // Whoever reads a pasted log may be told of other systems there.
  if (!tools.some(({ name }) => name === toolName)) return refused('Your message does not name its system')
  const input = approvalRequest.safeParse({ ...about, tool: toolName, args })
  if (!input.success) return refused('There is no such tool, or its arguments are none')
  try {
    const { id, risk, expiresAt, statements } = await draftRequest(asker, input.data)
    const who = risk === 'high' ? 'An admin' : 'An editor or admin'
    return {
      told: `_Asked for approval: \`${toolName}\` (${risk} risk), request ${id}. Nothing was written yet. ${who} decides, until ${iso(expiresAt)}._`,
      statements,
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const fields = fieldErrors.parse(error.extras.details).map(({ message }) => message)
    return refused([error.message, ...(fields.length === 0 ? [] : [fields.join(', ')])].join(': '))
  }
}
