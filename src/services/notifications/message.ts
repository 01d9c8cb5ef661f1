/** What a notification says, before a channel puts it into its own form. Pure: the same row always says the same. */
import * as z from 'zod'
import { redact } from '../../agent/redact'
import { codePoints } from '../../lib/fields'
import { iso } from '../../lib/time'
import { EVENTS, type MessageType } from './events'

/** The row that is told of. */
export interface Told {
  readonly id: string
  readonly event: string
  readonly incidentId: string | null
  readonly runId: string | null
  readonly payload: Readonly<Record<string, unknown>>
  /** When it happened, ms. */
  readonly createdAt: number
}

export interface Message {
  readonly id: string
  readonly type: MessageType
  readonly at: number
  readonly headline: string
  readonly lines: readonly string[]
  /** Where to read more. */
  readonly url: string
  /** For programs. */
  readonly data: Readonly<Record<string, unknown>>
}

const word = z
  .string()
  .nullish()
  .transform((value) => (value == null ? null : clean(value, 300)))

const incidentFacts = z.object({
  title: z.string().transform((value) => clean(value, 200)),
  severity: z.string(),
  service: word,
  verdict: z.enum(['confirmed', 'likely', 'inconclusive']).nullish(),
  confidence: z.number().nullish(),
  mechanism: word,
  rootCauseService: word,
  analyst: word,
  error: word,
  claim: z
    .string()
    .nullish()
    .transform((value) => (value == null ? null : clean(value, 1500))),
})

const organizationFacts = z.object({
  until: z.number().optional(),
  window: word,
  released: z.number().optional(),
  incidents: z
    .array(z.object({ incidentId: z.string(), title: z.string(), severity: z.string(), service: word }))
    .optional(),
})

/** @param frontend the address of the pages, without a slash at its end */
export function messageOf(told: Told, frontend: string): Message {
  const type = EVENTS.find((name) => name === told.event)
  const base = { id: told.id, at: told.createdAt }
  if (type === 'storm.began' || type === 'maintenance.ended')
    return { ...base, type, ...ofOrganization(told, type, frontend) }
  if (type === undefined)
    return {
      ...base,
      type: 'notification.test',
      headline: 'Test of notifications',
      lines: ['Somebody tried this channel. Nothing has happened.'],
      url: frontend,
      data: { url: frontend },
    }
  return { ...base, type, ...ofIncident(told, type, frontend) }
}

const HEADLINES = {
  'investigation.started': 'Investigation started',
  'investigation.completed': 'Investigation finished',
  'investigation.failed': 'Investigation failed',
  'incident.opened': 'Incident opened',
  'incident.resolved': 'Incident resolved',
} as const

function ofIncident(told: Told, type: keyof typeof HEADLINES, frontend: string) {
  const { incidentId, runId } = told
  const facts = incidentFacts.parse(told.payload)
  const { title, severity, service, verdict = null, confidence = null } = facts
  const url = `${frontend}/incidents/${incidentId ?? ''}`
  const finished = type === 'investigation.completed'
  const judged = finished && verdict !== null
  const percent = confidence === null ? '' : ` (${Math.round(confidence * 100)} %)`
  return {
    headline: `${HEADLINES[type]}: ${title}`,
    lines: [
      `Severity: ${severity}${service === null ? '' : `, service: ${service}`}`,
      ...(judged ? [`Verdict: ${verdict}${percent}`] : []),
      ...(judged && facts.claim !== null ? [facts.claim] : []),
      ...(type === 'investigation.failed' && facts.error !== null ? [`Reason: ${facts.error}`] : []),
    ],
    url,
    data: {
      incidentId,
      ...(type.startsWith('investigation.') ? { runId } : {}),
      title,
      severity,
      service,
      ...(finished
        ? {
            verdict,
            confidence,
            mechanism: facts.mechanism,
            rootCauseService: facts.rootCauseService,
            claim: facts.claim,
            analyst: facts.analyst,
          }
        : {}),
      ...(type === 'investigation.failed' ? { error: facts.error } : {}),
      url,
    },
  }
}

function ofOrganization(told: Told, type: 'storm.began' | 'maintenance.ended', frontend: string) {
  const facts = organizationFacts.parse(told.payload)
  const url = `${frontend}/incidents`
  if (type === 'storm.began') {
    const until = facts.until === undefined ? null : iso(facts.until)
    return {
      headline: 'Many incidents are opening',
      lines: [
        'Openings are not announced one by one for now; investigations go on by severity.',
        ...(until === null ? [] : [`Until: ${until}`]),
      ],
      url,
      data: { until, url },
    }
  }
  const incidents = (facts.incidents ?? []).map(({ title, ...one }) => ({ ...one, title: clean(title, 200) }))
  const released = facts.released ?? incidents.length
  const named = facts.window ?? 'unnamed'
  return {
    headline: `Maintenance window ended: ${named}`,
    lines: [
      `${released} ${released === 1 ? 'incident is' : 'incidents are'} still open:`,
      ...incidents.map(
        ({ title, severity, service }) => `- ${title} (${severity}${service === null ? '' : `, ${service}`})`,
      ),
      ...(released > incidents.length ? [`and ${released - incidents.length} more`] : []),
    ],
    url,
    data: { window: named, released, incidents, url },
  }
}

/** One line without secrets, no longer than it may be. */
function clean(text: string, longest: number): string {
  const line = redact(text)
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
  return codePoints(line) <= longest
    ? line
    : `${Array.from(line)
        .slice(0, longest - 2)
        .join('')
        .trimEnd()} …`
}
