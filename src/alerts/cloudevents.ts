/** CloudEvents 1.0: structured, batched, and binary mode, where the attributes are headers and the body is the data. */
import * as z from 'zod'
import type { Draft } from './draft'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { alertSource, UnprocessablePayload } from './source'
import { stateOf } from './states'
import { firstText, isRecord, recordOf, textOf } from './text'

const MAX_EVENTS = 500
const ATTRIBUTES = ['id', 'source', 'specversion', 'type'] as const
const CHANGE_TYPE = /\.(?:deployment|change)\./

const eventSchema = z.object({
  id: lenientText,
  source: lenientText,
  type: lenientText,
  subject: lenientText,
  time: lenientValue,
  data: lenientRecord,
})
type Event = z.infer<typeof eventSchema>

/** The events of a delivery in whichever mode it was sent. */
function eventsOf(body: unknown, headers: Headers): readonly unknown[] {
  if (headers.get('ce-specversion') !== null) return [{ ...attributesIn(headers), data: body }]
  return Array.isArray(body) ? body : [body]
}

/** Attributes of binary mode. Their values are percent-encoded where they are not printable ASCII. */
function attributesIn(headers: Headers): Record<string, string> {
  const pairs = [...headers].filter(([name]) => name.startsWith('ce-'))
  return Object.fromEntries(pairs.map(([name, value]) => [name.slice(3), decoded(value)]))
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** The required attribute that an event lacks. */
function missingAttribute(event: unknown): string | null {
  if (!isRecord(event)) return 'id'
  const missing = ATTRIBUTES.find((name) => textOf(event[name]) === null)
  return missing ?? (textOf(event['specversion']) === '1.0' ? null : 'specversion')
}

function read(item: unknown): Draft {
  const missing = missingAttribute(item)
  if (missing !== null) return { type: 'error', message: `Missing ${missing}` }
  const event = eventSchema.parse(item)
  return CHANGE_TYPE.test(event.type ?? '') ? readChange(event) : readAlert(event)
}

function readAlert({ id, source, type, subject, time, data }: Event): Draft {
  const segments = (type ?? '').split('.')
  const word = firstText(data['state'], data['status'], segments.at(-1))
  return {
    type: 'alert',
    state: stateOf(word ?? '') ?? 'info',
    dedupKey: `${source}|${subject ?? segments.slice(0, -1).join('.')}`,
    title: firstText(data['title'], subject, type),
    description: data['description'],
    severityRaw: firstText(data['severity'], data['severityRaw']),
    labels: recordOf(data['labels']),
    service: data['service'],
    environment: data['environment'],
    host: data['host'],
    startsAt: data['startsAt'],
    endsAt: data['endsAt'],
    eventTime: time,
    sourceUrl: firstText(data['sourceUrl'], data['url']),
    dashboardUrl: data['dashboardUrl'],
    runbookUrl: data['runbookUrl'],
    sourceAlertId: firstText(data['sourceAlertId'], id),
    metadata: { ...recordOf(data['metadata']), eventId: id, eventSource: source, eventType: type, subject },
  }
}

function readChange({ id, source, type, subject, time, data }: Event): Draft {
  return {
    type: 'change',
    kind: /\.deployment\./.test(type ?? '') ? 'deployment' : 'other',
    job: firstText(data['job'], subject, source),
    build: firstText(data['build'], id),
    title: firstText(data['title'], subject),
    service: data['service'],
    environment: data['environment'],
    result: firstText(data['result'], data['status']),
    commit: data['commit'],
    branch: data['branch'],
    repository: data['repository'],
    author: firstText(data['author'], data['deployer']),
    url: firstText(data['sourceUrl'], data['url']),
    startedAt: data['startedAt'],
    finishedAt: data['finishedAt'] ?? time,
  }
}

export const cloudevents = alertSource({
  slug: 'cloudevents',
  sourceType: 'cloudevents',
  displayName: 'CloudEvents',
  scheme: 'aurora-v1',
  defaultVerification: 'if_configured',
  idempotencyKey: true,
  acceptsArray: true,
  deliveryKey: ({ headers, body }) => {
    const [only, ...others] = eventsOf(body, headers)
    if (others.length > 0 || missingAttribute(only) !== null) return null
    const { source, id } = recordOf(only)
    return `${textOf(source)}|${textOf(id)}`
  },
  // One bad event of a batch never blocks the others: only an event alone is refused.
  missingField: (body, _, headers) => {
    const [only, ...others] = eventsOf(body, headers)
    return others.length > 0 || only === undefined ? null : missingAttribute(only)
  },
  payload: lenientValue,
  toAlerts: (body, { headers }) => {
    const events = eventsOf(body, headers)
    if (events.length > MAX_EVENTS)
      throw new UnprocessablePayload(`more than ${MAX_EVENTS} events in one delivery`)
    return events.map(read)
  },
  example: {
    specversion: '1.0',
    id: 'a1f0-77',
    source: '/probes/eu-1',
    type: 'com.acme.probe.alert.firing',
    subject: 'checkout-api/http',
    time: '2026-01-01T10:02:41Z',
    datacontenttype: 'application/json',
    data: {
      title: 'checkout-api 503',
      severity: 'critical',
      service: 'checkout-api',
      environment: 'production',
      url: 'https://probe.example.com/run/77',
    },
  },
})
