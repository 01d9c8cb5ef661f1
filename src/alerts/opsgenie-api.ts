/** Requests as the Opsgenie Alerts API v2 takes them: the body, with what its path said beside it. */
import * as z from 'zod'
import type { Draft } from './draft'
import { lenientRecord, lenientText } from './lenient'
import { meaningOf, opsgenieAlert, opsgenieFacts } from './opsgenie'
import { alertSource, type SourceContext } from './source'
import { labelsFromTags } from './tags'
import { recordOf, textOf } from './text'

const LONGEST_MESSAGE = 130
const LONGEST_ALIAS = 512

const payload = z.object({
  action: lenientText,
  /** The identity of the alert that the path names; of a new alert it stands in the body. */
  alias: lenientText,
  /** Title and labels of an alert whose acknowledgement is taken back, since the request does not repeat them. */
  known: lenientRecord,
  body: lenientRecord,
})

/** The alias that the body of a new alert names, null when it names none. */
export const aliasOf = (body: unknown): string | null => textOf(recordOf(body)['alias'], LONGEST_ALIAS)

function read({ action, alias, known, body }: z.infer<typeof payload>, context: SourceContext): Draft {
  const alert = opsgenieAlert.parse(body)
  const meaning = meaningOf(action)
  const created = action?.toLowerCase() === 'create'
  const given = created ? (aliasOf(body) ?? context.deliveryId ?? null) : alias
  return {
    type: 'alert',
    ...meaning,
    // Only a new alert opens anything.
    onlyIfOpen: meaning.state === 'firing' && !created,
    ...opsgenieFacts(alert),
    title: created ? textOf(alert.message, LONGEST_MESSAGE) : known['title'],
    labels: created ? labelsFromTags(alert.tags) : recordOf(known['labels']),
    dedupKey: given,
    identity: 'facts',
    sourceAlertId: given,
    metadata: {
      alias: given,
      priority: alert.priority,
      entity: alert.entity,
      source: alert.source,
      tags: created ? alert.tags : null,
      details: Object.keys(alert.details).length === 0 ? null : alert.details,
      user: body['user'],
      note: body['note'],
    },
  }
}

export const opsgenieApi = alertSource({
  slug: 'opsgenie_api',
  sourceType: 'opsgenie',
  displayName: 'Opsgenie API',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  address: '/v2/alerts',
  instructions: [
    'Send requests to this address instead of the one of Opsgenie.',
    'Use the ingest token as API key: Authorization: GenieKey <token>.',
  ],
  settings: { reopenWindowSeconds: 0 },
  deliveryIdentity: 'request',
  payload,
  toAlerts: (request, context) => [read(request, context)],
  example: {
    action: 'Create',
    body: {
      message: 'checkout-api error budget burn',
      alias: 'slo-burn-checkout-api',
      description: 'Burn rate 14x over 1h',
      tags: ['service:checkout-api', 'env:production'],
      details: { runbook: 'https://runbooks.example.com/slo' },
      entity: 'checkout-api',
      source: 'prometheus-prod',
      priority: 'P1',
      user: 'probe',
      note: 'opened by probe',
    },
  },
})
