/** The PagerDuty Events API v2: the key stands in the body, and every field is checked before anything is stored. */
import { freshDedupKey, pagerdutyEvents } from '../../alerts/pagerduty-events'
import { isRecord, recordOf, textOf } from '../../alerts/text'
import { AppError, type FieldError } from '../../lib/errors'
import { utf8 } from '../../lib/hmac'
import { decodeBody } from '../delivery-body'
import { receiveDelivery, type ReceivePorts } from '../receive-delivery'
import { senderOf } from './integration'

export interface EventRequest {
  readonly headers: Headers
  readonly bytes: Uint8Array | null
  /** ms since the epoch */
  readonly receivedAt: number
}

type Fields = Readonly<Record<string, unknown>>

const TOKEN_LENGTH = 32
const LONGEST_DEDUP_KEY = 255
const ACTIONS = new Set(['trigger', 'acknowledge', 'resolve'])
const SEVERITIES = new Set(['critical', 'error', 'warning', 'info'])

/**
 * Takes an event; answers the key under which it can be resolved.
 * @throws AppError invalid_json, validation_failed (with every bad field), invalid_token, rate_limited
 */
export async function enqueueEvent(request: EventRequest, ports: ReceivePorts): Promise<string> {
  const event = readEvent(request)
  refuse([...keyProblems(event), ...eventProblems(event)])
  const deliveryId = await store(request, event, ports)
  return textOf(event['dedup_key']) ?? freshDedupKey(deliveryId)
}

/** Takes a change event. @throws AppError like `enqueueEvent` */
export async function enqueueChange(request: EventRequest, ports: ReceivePorts): Promise<void> {
  const { event_action: _, ...event } = readEvent(request)
  refuse([...keyProblems(event), ...blank(recordOf(event['payload']), 'payload', ['summary'])])
  await store(request, event, ports)
}

function readEvent({ bytes, headers }: EventRequest): Fields {
  const { json } = decodeBody(bytes ?? new Uint8Array(), headers.get('content-type'))
  if (!json.ok || !isRecord(json.body))
    throw new AppError('invalid_json', 'Event object format is unrecognized')
  return json.body
}

function keyProblems({ routing_key: key }: Fields): string[] {
  const text = textOf(key)
  if (text === null) return ["'routing_key' is missing or blank"]
  return text.length === TOKEN_LENGTH
    ? []
    : [`Length of 'routing_key' is incorrect (should be ${TOKEN_LENGTH} characters)`]
}

function eventProblems({ event_action, dedup_key, payload }: Fields): string[] {
  const action = textOf(event_action)
  const key = textOf(dedup_key)
  const problems: string[] = []
  if (action === null) problems.push("'event_action' is missing or blank")
  else if (!ACTIONS.has(action))
    problems.push(
      "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
    )
  if (key !== null && Array.from(key).length > LONGEST_DEDUP_KEY)
    problems.push(`'dedup_key' is too long (maximum is ${LONGEST_DEDUP_KEY} characters)`)
  if (key === null && (action === 'acknowledge' || action === 'resolve'))
    problems.push("'dedup_key' is missing or blank")
  return action === 'trigger' ? [...problems, ...triggerProblems(recordOf(payload))] : problems
}

function triggerProblems(payload: Fields): string[] {
  const problems = blank(payload, 'payload', ['summary', 'source', 'severity'])
  const severity = textOf(payload['severity'])
  if (severity !== null && !SEVERITIES.has(severity))
    problems.push(
      "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    )
  return problems
}

const blank = (fields: Fields, parent: string, names: readonly string[]): string[] =>
  names
    .filter((name) => textOf(fields[name]) === null)
    .map((name) => `'${parent}.${name}' is missing or blank`)

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return
  const details: FieldError[] = problems.map((message) => ({ path: '', message }))
  throw new AppError('validation_failed', 'Event object is invalid', { details })
}

async function store(request: EventRequest, event: Fields, ports: ReceivePorts): Promise<string> {
  const token = textOf(event['routing_key'])
  const { deliveryId } = await receiveDelivery(
    {
      sourceSlug: pagerdutyEvents.slug,
      sender: senderOf(token),
      headers: request.headers,
      // The key is a credential: no stored body may hold it.
      bytes: utf8(JSON.stringify({ ...event, routing_key: '*'.repeat(TOKEN_LENGTH) })),
      receivedAt: request.receivedAt,
    },
    ports,
  )
  return deliveryId
}
