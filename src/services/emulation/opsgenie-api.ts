/** The Opsgenie Alerts API v2: requests are stored and carried out later; what became of one can be asked. */
import * as z from 'zod'
import { storedDedupKey } from '../../alerts/finish'
import { aliasOf, opsgenieApi } from '../../alerts/opsgenie-api'
import { isRecord, textOf } from '../../alerts/text'
import { AppError, notFound } from '../../lib/errors'
import { utf8 } from '../../lib/hmac'
import { parseId } from '../../lib/ids'
import { DAY } from '../../lib/time'
import * as store from '../../store/emulation'
import type { TenantDb } from '../../store/tenant-db'
import { decodeBody } from '../delivery-body'
import { receiveDelivery, type ReceivePorts } from '../receive-delivery'
import { senderOf } from './integration'

export interface OpsgenieRequest {
  readonly token: string
  readonly headers: Headers
  readonly bytes: Uint8Array | null
  /** ms since the epoch */
  readonly receivedAt: number
}

/** An alert by its id, its alias or its short number. */
export interface Identifier {
  readonly type: 'id' | 'alias' | 'tiny'
  readonly value: string
}

/** Answers the id under which the request's outcome can be asked. @throws AppError validation_failed, invalid_token */
export async function createAlert(request: OpsgenieRequest, ports: ReceivePorts): Promise<string> {
  const body = readObject(request)
  if (textOf(body['message']) === null) throw unprocessable('message', 'Message can not be empty.')
  return submit(request, { action: 'Create', alias: aliasOf(body), body }, ports)
}

/** The same for an action on an alert, known or not. */
export async function actOnAlert(
  db: TenantDb,
  integrationId: string,
  request: OpsgenieRequest,
  { action, identifier }: { readonly action: string; readonly identifier: Identifier },
  ports: ReceivePorts,
): Promise<string> {
  const body = readObject(request)
  const alert = await findAlert(db, integrationId, identifier)
  const known = alert === null ? null : { title: alert.title, labels: alert.labels }
  // An id that nothing has must not act on an alert whose alias happens to be equal.
  const { type, value } = identifier
  const unknown = type === 'alias' ? aliasOf({ alias: value }) : `${type}:${value}`
  return submit(request, { action, alias: alert?.dedupKey ?? unknown, known, body }, ports)
}

/** @throws AppError not_found */
export async function readAlert(db: TenantDb, integrationId: string, identifier: Identifier) {
  const alert = await findAlert(db, integrationId, identifier)
  if (alert === null) throw notFound(`Alert with ${identifier.type} [${identifier.value}] does not exist`)
  return { alert, tinyId: await store.numberOf(db, alert.id) }
}

/** Newest first, each with its short number. */
export async function listAlerts(
  db: TenantDb,
  integrationId: string,
  page: { readonly limit: number; readonly offset: number },
) {
  const alerts = await store.alertsOf(db, integrationId, page)
  const listed: { readonly alert: store.AlertRow; readonly tinyId: number }[] = []
  for (const alert of alerts) listed.push({ alert, tinyId: await store.numberOf(db, alert.id) })
  return listed
}

const KEPT = 7 * DAY
const stored = z.object({ action: z.string(), alias: z.string().nullish() })

/** What became of a request; null until it is processed. */
export async function readOutcome(db: TenantDb, integrationId: string, requestId: string, now: number) {
  const id = parseId(requestId)
  const row = id === null ? null : await store.outcomeOf(db, integrationId, id)
  if (row === null || row.receivedAt < now - KEPT || PENDING.has(row.state)) return null
  const request = stored.safeParse(row.body === null ? null : JSON.parse(row.body))
  const action = request.success ? request.data.action : ''
  const success = row.effect !== null && !FAILURES.has(row.effect)
  return {
    success,
    action,
    processedAt: row.processedAt ?? row.receivedAt,
    status: success ? statusOf(action, row.effect) : 'Alert does not exist, or is closed',
    alertId: row.alertId ?? '',
    alias: (request.success ? request.data.alias : null) ?? row.alertId ?? '',
  }
}

const PENDING = new Set(['received', 'processing', 'held'])
const FAILURES = new Set(['ignored', 'stale'])
const STATUS: ReadonlyMap<string, string> = new Map([
  ['Acknowledge', 'Acknowledged alert'],
  ['UnAcknowledge', 'Unacknowledged alert'],
  ['Close', 'Closed alert'],
  ['Delete', 'Deleted alert'],
  ['AddNote', 'Added note to alert'],
  ['AddTags', 'Added tags to alert'],
  ['Snooze', 'Recorded snooze of alert'],
])

function statusOf(action: string, effect: string | null): string {
  if (action !== 'Create') return STATUS.get(action) ?? 'Processed'
  return effect === 'opened' ? 'Created alert' : 'Alert is already open'
}

async function findAlert(
  db: TenantDb,
  integrationId: string,
  { type, value }: Identifier,
): Promise<store.AlertRow | null> {
  switch (type) {
    case 'tiny':
      return /^\d{1,15}$/.test(value) ? store.alertByNumber(db, integrationId, Number(value)) : null
    case 'alias': {
      const alias = aliasOf({ alias: value }) ?? ''
      const alert = await store.alertByKey(db, integrationId, await storedDedupKey(alias))
      if (alert !== null) return alert
      break
    }
    case 'id':
      break
  }
  // An alert that was created without an alias has its id as one.
  const id = parseId(value)
  return id === null ? null : store.alertById(db, integrationId, id)
}

function readObject({ bytes, headers }: OpsgenieRequest): Readonly<Record<string, unknown>> {
  if (bytes === null) return {}
  const { json } = decodeBody(bytes, headers.get('content-type'))
  if (json.ok && isRecord(json.body)) return json.body
  throw unprocessable('body', 'Request body must be a JSON object.')
}

const unprocessable = (path: string, message: string): AppError =>
  new AppError('validation_failed', 'Request body is not processable. Please check the errors.', {
    details: [{ path, message }],
  })

async function submit(
  { token, headers, receivedAt }: OpsgenieRequest,
  content: Readonly<Record<string, unknown>>,
  ports: ReceivePorts,
): Promise<string> {
  const { deliveryId } = await receiveDelivery(
    {
      sourceSlug: opsgenieApi.slug,
      sender: senderOf(token),
      headers,
      // What the path said is part of the request: it is stored with the body.
      bytes: utf8(JSON.stringify(content)),
      receivedAt,
    },
    ports,
  )
  return deliveryId
}
