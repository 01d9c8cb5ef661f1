import * as z from 'zod'
import { notFound } from '../lib/errors'
import * as detail from '../store/incident-detail'
import { queuePositionOf } from '../store/investigations'
import type { Ctx } from './context'

const PARTS = [
  'rawPayload',
  'correlatedAlerts',
  'suggestions',
  'streamingThoughts',
  'citations',
  'chatSessions',
  'tokenUsage',
] as const
type Part = (typeof PARTS)[number]

export const detailQuery = z.object({
  /** Comma list of the added members that are wanted; all without it. Unknown names are ignored. */
  include: z
    .string()
    .optional()
    .transform((text): readonly Part[] => {
      if (text === undefined) return PARTS
      const names = new Set(text.split(',').map((name) => name.trim()))
      return PARTS.filter((part) => names.has(part))
    }),
  thoughtsAfter: z.string().optional(),
})

export type IncidentDetail = Awaited<ReturnType<typeof readIncident>>

/** Everything about one incident, as of one moment. One round trip. @throws AppError not_found */
export async function readIncident(
  ctx: Ctx,
  id: string,
  { include, thoughtsAfter }: z.output<typeof detailQuery>,
) {
  const { db, actor } = ctx
  // A part that nobody asked for is limited to no rows, and then none is read.
  const upTo = (part: Part, most: number): number => (include.includes(part) ? most : 0)
  const [
    incidents,
    runs,
    alerts,
    suggestions,
    thoughts,
    citations,
    sessions,
    messages,
    payloads,
    usage,
    [queued],
  ] = await db.together([
    detail.incidentById(db, id),
    detail.shownInvestigation(db, id),
    detail.alertsOfIncident(db, id, upTo('correlatedAlerts', 1000)),
    detail.suggestionsOf(db, id, upTo('suggestions', 500)),
    detail.thoughtsOf(db, id, thoughtsAfter ?? null, upTo('streamingThoughts', 2000)),
    detail.citationsOf(db, id, upTo('citations', 500)),
    detail.threadsOf(db, id, actor.userId, upTo('chatSessions', 50)),
    detail.threadMessagesOf(db, id, actor.userId, upTo('chatSessions', 10_000)),
    detail.rawPayloadOf(db, id, upTo('rawPayload', 50)),
    detail.usageOfIncident(db, id, upTo('tokenUsage', 100)),
    queuePositionOf(db, id, ctx.now),
  ])
  const [incident] = incidents
  if (incident === undefined) throw notFound('Incident not found')
  return {
    incident,
    include,
    run: runs[0] ?? null,
    streamCursor: incident.streamHead,
    correlatedAlerts: alerts,
    suggestions,
    thoughts: thoughts.toReversed(),
    citations,
    chatSessions: sessions.map((session) => ({
      session,
      messages: messages.filter(({ sessionId }) => sessionId === session.id),
    })),
    rawPayload: prettyPayload(payloads.map(({ body }) => body)),
    usage,
    queuePosition: queued?.position ?? null,
  }
}

const LONGEST_PAYLOAD = 200_000

/** One payload as it is, several as a list. */
function prettyPayload(texts: readonly string[]): string {
  const [first = '', ...more] = texts
  let pretty = first
  try {
    pretty = JSON.stringify(
      more.length === 0 ? JSON.parse(first) : texts.map((text): unknown => JSON.parse(text)),
      null,
      2,
    )
  } catch {
    // Kept as it came: what is no JSON is shown as it is.
  }
  return pretty.length <= LONGEST_PAYLOAD
    ? pretty
    : `${pretty.slice(0, LONGEST_PAYLOAD)}\n… cut here: the payload is longer`
}
