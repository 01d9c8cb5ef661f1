/** The Opsgenie Alerts API v2, for senders that only change the address and the key. */
import { Hono } from 'hono'
import type { Schema } from '../../lib/schema'
import { opsgenieApi as source } from '../../alerts/opsgenie-api'
import { AppError } from '../../lib/errors'
import { integrationOf } from '../../services/emulation/integration'
import {
  actOnAlert,
  createAlert,
  listAlerts,
  readAlert,
  readOutcome,
  type Identifier,
  type OpsgenieRequest,
} from '../../services/emulation/opsgenie-api'
import {
  manyAlerts,
  metaOf,
  oneAlert,
  opsgenieError,
  opsgenieRefusal,
  outcome,
  requestAccepted,
  requestUnknown,
  showAlert,
  showOutcome,
} from '../answers/opsgenie-api'
import { endpoint } from '../endpoint'
import type { App, AppContext } from '../env'
import { shapedBy } from '../middleware/error-shape'
import { tenantOf } from '../middleware/tenant'
import { receivingPorts } from '../receiving-ports'

export const opsgenieApi = new Hono<App>()

const emulated = (summary: string, answers: Readonly<Record<number, Schema>>) =>
  endpoint({
    summary,
    who: 'public',
    bucket: null,
    anyContentType: true,
    answers,
    errors: ['validation_failed', 'invalid_token', 'not_found', 'rate_limited', 'unavailable'],
    refusal: opsgenieRefusal,
  })

opsgenieApi
  .post(
    '/v2/alerts',
    shapedBy(opsgenieError),
    emulated('Opsgenie v2: create an alert', { 202: requestAccepted }),
    async (c) => accepted(c, await createAlert(requestOf(c), receivingPorts(c))),
  )
  .get(
    '/v2/alerts',
    shapedBy(opsgenieError),
    emulated("Opsgenie v2: an integration's alerts", { 200: manyAlerts }),
    async (c) => {
      const { integration, db } = await open(c)
      const page = { limit: numberOf(c, 'limit', 20, 100), offset: numberOf(c, 'offset', 0, 20_000) }
      const read = await listAlerts(db, integration.id, page)
      return c.json({ data: read.map((one) => showAlert(one, integration)), ...metaOf(c) })
    },
  )
  .get(
    '/v2/alerts/requests/:request',
    shapedBy(opsgenieError),
    emulated('Opsgenie v2: what became of a request', { 200: outcome, 404: requestUnknown }),
    async (c) => {
      const { integration, db } = await open(c)
      const request = c.req.param('request')
      const read = await readOutcome(db, integration.id, request, c.var.now)
      return read === null
        ? c.json({ message: 'Request not found. It might not be processed, yet.', ...metaOf(c) }, 404)
        : c.json({ data: showOutcome(read, integration.id), ...metaOf(c, request) })
    },
  )
  .get(
    '/v2/alerts/:identifier',
    shapedBy(opsgenieError),
    emulated('Opsgenie v2: one alert', { 200: oneAlert }),
    async (c) => {
      const { integration, db } = await open(c)
      const read = await readAlert(db, integration.id, identifierOf(c))
      return c.json({ data: showAlert(read, integration), ...metaOf(c) })
    },
  )
  .delete(
    '/v2/alerts/:identifier',
    shapedBy(opsgenieError),
    emulated('Opsgenie v2: resolve an alert; it is kept', { 202: requestAccepted }),
    (c) => act(c, 'Delete'),
  )

const ACTIONS = [
  ['close', 'Close'],
  ['acknowledge', 'Acknowledge'],
  ['unacknowledge', 'UnAcknowledge'],
  ['notes', 'AddNote'],
  ['tags', 'AddTags'],
  ['snooze', 'Snooze'],
] as const

for (const [path, action] of ACTIONS)
  opsgenieApi.post(
    `/v2/alerts/:identifier/${path}`,
    shapedBy(opsgenieError),
    emulated(`Opsgenie v2: ${path}`, { 202: requestAccepted }),
    (c) => act(c, action),
  )

async function act(c: AppContext, action: string): Promise<Response> {
  const { integration, db } = await open(c)
  const what = { action, identifier: identifierOf(c) }
  return accepted(c, await actOnAlert(db, integration.id, requestOf(c), what, receivingPorts(c)))
}

const accepted = (c: AppContext, requestId: string): Response =>
  c.json({ result: 'Request will be processed', ...metaOf(c, requestId) }, 202)

async function open(c: AppContext) {
  const integration = await integrationOf(source, keyOf(c), c.var.now, receivingPorts(c))
  return { integration, db: tenantOf(c, integration.orgId) }
}

const requestOf = (c: AppContext): OpsgenieRequest => ({
  token: keyOf(c),
  headers: c.req.raw.headers,
  bytes: c.var.bytes,
  receivedAt: c.var.now,
})

/** @throws AppError invalid_token */
function keyOf(c: AppContext): string {
  const key = /^GenieKey\s+(\S+)$/i.exec(c.req.header('authorization')?.trim() ?? '')?.[1]
  if (key === undefined) throw new AppError('invalid_token', 'Could not authenticate')
  return key
}

function identifierOf(c: AppContext): Identifier {
  const value = c.req.param('identifier') ?? ''
  const type = c.req.query('identifierType')
  return { value, type: type === 'alias' || type === 'tiny' ? type : 'id' }
}

function numberOf(c: AppContext, name: string, fallback: number, max: number): number {
  const text = c.req.query(name)
  return text !== undefined && /^\d{1,6}$/.test(text) ? Math.min(Number(text), max) : fallback
}
