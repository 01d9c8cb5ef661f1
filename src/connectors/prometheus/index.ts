/** Prometheus and what speaks its API: Mimir, Thanos, Cortex, VictoriaMetrics, Grafana Cloud. */
import { headersOf } from '../access'
import { ask } from '../ask'
import { connector } from '../connector'
import { mapOk, ok } from '../outcome'
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
  prove: async (ctx, { secret, settings }, access) => {
    const url = withQuery(`${settings.baseUrl}/api/v1/query`, { query: 'vector(1)' })
    const refused = { kind: 'credential_refused' } as const
    const answer = await ask(ctx.fetch, url, { headers: headersOf(access) }, endpoint.success, {
      403: refused,
    })
    return mapOk(answer, () => ({
      ...endpoint.identityOf(settings),
      details: { ...settings, authType: secret.authType },
    }))
  },
  access: { kind: 'static', of: endpoint.accessOf },
  resources: async (ctx, { access, details }, cursor) => {
    const url = `${details.baseUrl}/api/v1/label/job/values`
    const jobs = await ask(ctx.fetch, url, { headers: headersOf(access) }, endpoint.values)
    return jobs.kind === 'ok' ? ok(endpoint.pageOf(jobs.value.data ?? [], 'job', cursor)) : jobs
  },
  operations,
})
