/** The original's companion routes over what a vendor sent, beside its webhooks. */
import { Hono } from 'hono'
import * as z from 'zod'
import { findSource } from '../../alerts'
import type { AlertSource } from '../../alerts/source'
import { text } from '../../lib/fields'
import {
  deploymentQuery,
  ingestedQueries,
  listDeployments,
  listIngested,
  putRcaSetting,
  rcaSetting as rcaInput,
  readRcaSetting,
} from '../../services/ingested'
import { setFirstSecret } from '../../services/webhook-urls'
import {
  deploymentList,
  ingestedList,
  rcaSetting,
  rcaSettingChanged,
  showDeployment,
  showIngested,
  type VendorId,
} from '../answers/ingested'
import { success } from '../answers/integrations'
import { endpoint } from '../endpoint'
import type { App } from '../env'
import { body, query } from '../input'
import { mastersOf } from '../masters'

interface List {
  readonly path: string
  readonly source: string
  readonly name: 'alerts' | 'events'
  readonly filter: keyof typeof ingestedQueries
  readonly vendorId: VendorId
}

const LISTS: readonly List[] = [
  { path: '/grafana/alerts', source: 'grafana', name: 'alerts', filter: 'state', vendorId: 'alertUid' },
  { path: '/netdata/alerts', source: 'netdata', name: 'alerts', filter: 'status', vendorId: 'alertName' },
  { path: '/splunk/alerts', source: 'splunk', name: 'alerts', filter: 'state', vendorId: 'alertId' },
  { path: '/dynatrace/alerts', source: 'dynatrace', name: 'alerts', filter: 'state', vendorId: 'problemId' },
  { path: '/bigpanda/alerts', source: 'bigpanda', name: 'alerts', filter: 'state', vendorId: 'incidentId' },
  {
    path: '/incidentio/alerts',
    source: 'incidentio',
    name: 'alerts',
    filter: 'severity',
    vendorId: 'incidentId',
  },
  {
    path: '/datadog/events/ingested',
    source: 'datadog',
    name: 'events',
    filter: 'eventType',
    vendorId: 'eventType',
  },
  {
    path: '/newrelic/events/ingested',
    source: 'newrelic',
    name: 'events',
    filter: 'state',
    vendorId: 'issueId',
  },
  {
    path: '/sentry/events/ingested',
    source: 'sentry',
    name: 'events',
    filter: 'resource',
    vendorId: 'issueId',
  },
  {
    path: '/opsgenie/events/ingested',
    source: 'opsgenie',
    name: 'events',
    filter: 'status',
    vendorId: 'alertId',
  },
]

/** Those whose senders report builds. */
const BUILDERS = ['jenkins', 'cloudbees']
/** Those that had a switch for investigations of their own. */
const SWITCHED = ['splunk', 'jenkins', 'cloudbees', 'dynatrace', 'bigpanda', 'incidentio']

function sourceOf(slug: string): AlertSource {
  const source = findSource(slug)
  if (source === null) throw new Error(`no source named ${slug}`)
  return source
}

const viewed = { who: 'viewer', bucket: 'default', errors: ['validation_failed'] } as const

export const ingested = new Hono<App>()

for (const { path, source: slug, name, filter, vendorId } of LISTS) {
  const source = sourceOf(slug)
  ingested.get(
    path,
    endpoint({
      ...viewed,
      summary: `What ${source.displayName} sent, newest first`,
      answers: { 200: ingestedList(name, vendorId) },
    }),
    query<z.ZodType<Parameters<typeof listIngested>[2], Record<string, string | undefined>>>(
      ingestedQueries[filter],
    ),
    async (c) => {
      const { items, ...page } = await listIngested(c.var.ctx, source, c.req.valid('query'))
      return c.json({ [name]: items.map((item) => showIngested(vendorId, item)), ...page })
    },
  )
}

for (const slug of BUILDERS) {
  const source = sourceOf(slug)
  ingested.get(
    `/${slug}/deployments`,
    endpoint({
      ...viewed,
      summary: `Builds that ${source.displayName} reported, newest first`,
      answers: { 200: deploymentList },
    }),
    query(deploymentQuery),
    async (c) => {
      const { rows, ...page } = await listDeployments(c.var.ctx, source, c.req.valid('query'))
      return c.json({ deployments: rows.map(showDeployment), ...page })
    },
  )
}

for (const slug of SWITCHED) {
  const source = sourceOf(slug)
  const path = `/${slug}/rca-settings`
  ingested
    .get(
      path,
      endpoint({
        ...viewed,
        summary: `Whether alerts of ${source.displayName} are investigated`,
        answers: { 200: rcaSetting },
      }),
      async (c) => c.json({ rcaEnabled: await readRcaSetting(c.var.ctx, source) }),
    )
    .put(
      path,
      endpoint({
        summary: `Switch investigations of alerts of ${source.displayName} on or off`,
        who: 'editor',
        bucket: 'default',
        answers: { 200: rcaSettingChanged },
        errors: ['validation_failed', 'not_found', 'conflict'],
      }),
      body(rcaInput),
      async (c) => {
        const { rcaEnabled } = c.req.valid('json')
        await putRcaSetting(c.var.ctx, source, rcaEnabled)
        return c.json({ success: true as const, rcaEnabled })
      },
    )
}

ingested.put(
  '/incidentio/webhook-secret',
  endpoint({
    summary: 'Store the secret with which incident.io signs',
    who: 'editor',
    bucket: 'default',
    answers: { 200: success },
    errors: ['validation_failed', 'not_found', 'conflict', 'unavailable'],
  }),
  body(z.object({ webhookSecret: text({ error: 'Invalid webhookSecret', max: 1000, trim: false }) })),
  async (c) => {
    const { webhookSecret } = c.req.valid('json')
    await setFirstSecret(c.var.ctx, await mastersOf(c), sourceOf('incidentio'), webhookSecret)
    return c.json({ success: true as const })
  },
)
