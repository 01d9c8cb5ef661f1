/** Prometheus and what speaks its API: Mimir, Thanos, Cortex, VictoriaMetrics, Grafana Cloud. */
import { connector } from '../connector'
import * as endpoint from '../query-endpoint'
import { withQuery } from '../read'
import { operations } from './operations'
import { details, form, naming, readForm, settings } from './settings'

/** How its metrics name services is shown where somebody said it. */
function shown({ baseUrl, tenantId, ...stored }: Readonly<Record<string, unknown>>) {
  const { serviceLabel, metricProfile } = naming.parse(stored)
  return {
    baseUrl,
    tenantId,
    ...(serviceLabel === null ? {} : { serviceLabel }),
    ...(Object.keys(metricProfile).length === 0 ? {} : { metricProfile }),
  }
}

export const prometheus = connector({
  id: 'prometheus',
  name: 'Prometheus',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: true,
  hosts: 'self_hosted',
  revokeHint: 'Delete the token or password at your Prometheus endpoint.',
  original: { prefixes: ['/prometheus'], connected: shown, status: shown },
  form: { schema: form, read: readForm },
  secret: endpoint.secret,
  settings,
  details,
  prove: (ctx, candidate, access) => {
    const url = withQuery(`${candidate.settings.baseUrl}/api/v1/query`, { query: 'vector(1)' })
    return endpoint.prove(ctx, url, candidate, access)
  },
  access: { kind: 'static', of: endpoint.accessOf },
  resources: (ctx, { access, details }, cursor) =>
    endpoint.namePage(ctx, `${details.baseUrl}/api/v1/label/job/values`, 'job', access, cursor),
  operations,
})
