/** Grafana Loki, run by the customer or hosted. */
import { connector } from '../connector'
import * as endpoint from '../query-endpoint'
import { operations } from './operations'

const shown = ({ baseUrl, tenantId }: Readonly<Record<string, unknown>>) => ({ baseUrl, tenantId })

const labelsAt = ({ baseUrl }: { readonly baseUrl: string }): string => `${baseUrl}/loki/api/v1/labels`

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
  prove: (ctx, candidate, access) => endpoint.prove(ctx, labelsAt(candidate.settings), candidate, access),
  access: { kind: 'static', of: endpoint.accessOf },
  resources: (ctx, { access, details }, cursor) =>
    endpoint.namePage(ctx, labelsAt(details), 'label', access, cursor),
  operations,
})
