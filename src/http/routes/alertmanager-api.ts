/** The Alertmanager API v2, so that a Prometheus can send here as to its Alertmanager. */
import { Hono } from 'hono'
import type { Schema } from '../../lib/schema'
import { alertmanagerApi as source } from '../../alerts/alertmanager-api'
import { listPosted, postAlerts } from '../../services/emulation/alertmanager-api'
import { integrationOf } from '../../services/emulation/integration'
import {
  alertmanagerError,
  alertmanagerRefusal,
  clusterStatus,
  postedAlerts,
  showPosted,
  showStatus,
} from '../answers/alertmanager-api'
import { endpoint } from '../endpoint'
import type { App, AppContext } from '../env'
import { shapedBy } from '../middleware/error-shape'
import { tenantOf } from '../middleware/tenant'
import { receivingPorts } from '../receiving-ports'
import { headerToken } from '../webhook-sender'

export const alertmanagerApi = new Hono<App>()

const emulated = (summary: string, answer: Schema | null) =>
  endpoint({
    summary,
    who: 'public',
    bucket: null,
    anyContentType: true,
    answers: { 200: answer },
    errors: [
      'invalid_json',
      'validation_failed',
      'invalid_token',
      'not_found',
      'rate_limited',
      'unavailable',
    ],
    refusal: alertmanagerRefusal,
  })

/** With the token in a header, or in the path for senders that only know a path prefix. */
for (const base of ['', '/am/:token']) {
  alertmanagerApi
    .post(
      `${base}/api/v2/alerts`,
      shapedBy(alertmanagerError),
      emulated('Alertmanager v2: post alerts', null),
      async (c) => {
        const { bytes, now } = c.var
        const request = { token: tokenOf(c), headers: c.req.raw.headers, bytes, receivedAt: now }
        const problems = await postAlerts(request, receivingPorts(c))
        return problems.length === 0 ? c.body(null, 200) : c.json(problems.join('; '), 400)
      },
    )
    .get(
      `${base}/api/v2/alerts`,
      shapedBy(alertmanagerError),
      emulated("Alertmanager v2: an integration's open alerts", postedAlerts),
      async (c) => {
        const integration = await integrationOf(source, tokenOf(c), c.var.now, receivingPorts(c))
        const rows = await listPosted(tenantOf(c, integration.orgId), integration.id, {
          filters: c.req.queries('filter') ?? [],
          active: c.req.query('active') !== 'false',
        })
        return c.json(rows.map(showPosted))
      },
    )
    .get(
      `${base}/api/v2/status`,
      shapedBy(alertmanagerError),
      emulated('Alertmanager v2: status', clusterStatus),
      async (c) => {
        await integrationOf(source, tokenOf(c), c.var.now, receivingPorts(c))
        return c.json(showStatus(c.var.now))
      },
    )
  for (const probe of ['healthy', 'ready'])
    alertmanagerApi.get(
      `${base}/-/${probe}`,
      endpoint({
        summary: `Alertmanager: whether it is ${probe}`,
        who: 'public',
        bucket: null,
        answers: { 200: null },
        asText: 'text/plain',
      }),
      (c) => c.text('OK'),
    )
}

const tokenOf = (c: AppContext): string | null => c.req.param('token') ?? headerToken(c)
