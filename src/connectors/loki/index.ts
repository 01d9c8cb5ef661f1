/** Grafana Loki, run by the customer or hosted. */
import { headersOf } from '../access'
import { ask } from '../ask'
import { connector } from '../connector'
import { mapOk, ok } from '../outcome'
import * as endpoint from '../query-endpoint'
import { operations } from './operations'

const shown = ({ baseUrl, tenantId }: Readonly<Record<string, unknown>>) => ({ baseUrl, tenantId })

export const loki = connector({
  id: 'loki',
  name: 'Loki',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: true,
  hosts: 'self_hosted',
  revokeHint: 'Delete the token or password at your Loki endpoint.',
  original: { prefixes: ['/loki'], connected: shown, status: shown },
  form: { schema: endpoint.form, read: endpoint.readForm },
  secret: endpoint.secret,
  settings: endpoint.settings,
  details: endpoint.details,
  prove: async (ctx, { secret, settings }, access) => {
    const url = `${settings.baseUrl}/loki/api/v1/labels`
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
    const url = `${details.baseUrl}/loki/api/v1/labels`
    const labels = await ask(ctx.fetch, url, { headers: headersOf(access) }, endpoint.values)
    return labels.kind === 'ok' ? ok(endpoint.pageOf(labels.value.data ?? [], 'label', cursor)) : labels
  },
  operations,
})
