/** Grafana: a service-account token for reading, or nothing but the webhook of its alerts. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { bearer, headersOf } from '../access'
import { readBaseUrl } from '../address'
import { ask } from '../ask'
import { connector } from '../connector'
import { mapOk, ok } from '../outcome'
import { withQuery } from '../read'
import { details, settings } from './details'
import { operations } from './operations'

const secret = z.object({ token: z.string() })

const form = z
  .object({
    baseUrl: optional(text({ error: 'Grafana base URL is required', max: 500 })),
    serviceAccountToken: optional(text({ error: 'Grafana service account token is required', max: 1000 })),
  })
  .superRefine(({ baseUrl, serviceAccountToken }, context) => {
    const need = (name: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [name], message })
    if (baseUrl === undefined && serviceAccountToken !== undefined)
      need('baseUrl', 'Grafana base URL is required')
    if (baseUrl !== undefined && serviceAccountToken === undefined)
      need('serviceAccountToken', 'Grafana service account token is required')
  })

const organisation = z.object({ name: z.string() })
const dashboards = z.array(z.object({ uid: z.string(), title: z.string(), url: z.string().nullish() }))
const PAGE = 100

export const grafana = connector({
  id: 'grafana',
  name: 'Grafana',
  category: 'observability',
  kinds: ['api_key', 'webhook_only'],
  multiAccount: false,
  hosts: 'self_hosted',
  alertSource: 'grafana',
  revokeHint: 'Delete the service account token in Grafana.',
  original: {
    prefixes: ['/grafana'],
    status: ({ baseUrl }) => (baseUrl === undefined ? {} : { baseUrl }),
    disconnected: (removed, wasKnown) => ({
      message:
        removed > 0
          ? 'Grafana disconnected successfully'
          : wasKnown
            ? 'Already disconnected'
            : 'No connection to disconnect',
    }),
  },
  form: {
    schema: form,
    webhookOnly: ({ baseUrl }) => baseUrl === undefined,
    read: ({ baseUrl = '', serviceAccountToken = '' }, ownHosts) =>
      mapOk(readBaseUrl(baseUrl, ownHosts), (base) => ({
        secret: { token: serviceAccountToken },
        settings: { baseUrl: base },
      })),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings }, access) => {
    const refused = { kind: 'credential_refused' } as const
    const url = `${settings.baseUrl}/api/org`
    const found = await ask(ctx.fetch, url, { headers: headersOf(access) }, organisation, { 403: refused })
    return mapOk(found, ({ name }) => ({
      accountId: settings.baseUrl,
      accountName: name,
      details: { ...settings, orgName: name, validated: true },
    }))
  },
  access: { kind: 'static', of: ({ secret }) => bearer(secret.token) },
  resources: async (ctx, { access, details }, cursor) => {
    const page = Number(cursor ?? '1')
    const url = withQuery(`${details.baseUrl}/api/search`, { type: 'dash-db', limit: PAGE, page })
    const found = await ask(ctx.fetch, url, { headers: headersOf(access) }, dashboards)
    if (found.kind !== 'ok') return found
    return ok({
      resources: found.value.map(({ uid, title, url }) => ({
        id: uid,
        name: title,
        type: 'dashboard',
        details: { url: url ?? null },
      })),
      nextCursor: found.value.length < PAGE ? null : String(page + 1),
    })
  },
  operations,
})
