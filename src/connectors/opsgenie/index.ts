/** Opsgenie with an API key, or its successor in Jira Service Management with a person's API token or the Atlassian login. */
import * as z from 'zod'
import { headerAccess } from '../access'
import { basic } from '../ask'
import { connector } from '../connector'
import { mapOk } from '../outcome'
import { numberOf } from '../paging'
import { withQuery } from '../read'
import { details, jsmApi, opsgenieHost, settings } from './details'
import { form, readForm, secret } from './form'
import { get } from './get'
import { operations } from './operations'
import { prove } from './prove'

const PAGE = 100

const services = z.object({
  data: z.array(z.object({ id: z.string(), name: z.string() })),
  paging: z.object({ next: z.string().nullish() }).nullish(),
})
const schedules = z.object({
  values: z.array(z.object({ id: z.string(), name: z.string() })),
  links: z.object({ next: z.string().nullish() }).nullish(),
})

export const opsgenie = connector({
  id: 'opsgenie',
  name: 'Opsgenie',
  category: 'incident',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['api.opsgenie.com', 'api.eu.opsgenie.com', 'api.atlassian.com', '*.atlassian.net'],
  alertSource: 'opsgenie',
  revokeHint: 'Delete the API key in Opsgenie, or the API token in your Atlassian account.',
  original: {
    prefixes: ['/opsgenie'],
    connected: withoutCloudId,
    status: withoutCloudId,
  },
  form: { schema: form, read: readForm },
  secret,
  settings,
  details,
  prove: (ctx, { settings }, access) => prove(ctx, settings, access),
  proveShared: (ctx, settings, access) => prove(ctx, settings, access),
  access: {
    kind: 'static',
    of: ({ secret }) =>
      headerAccess({
        authorization:
          secret.authType === 'api_key' ? `GenieKey ${secret.apiKey}` : basic(secret.email, secret.apiToken),
      }),
  },
  resources: async (ctx, { access, details }, cursor) => {
    const offset = numberOf(cursor, 0)
    const after = (next: string | null | undefined): string | null =>
      next == null ? null : String(offset + PAGE)
    if (details.authType === 'api_key') {
      const url = withQuery(`${opsgenieHost(details.region)}/v1/services`, { limit: PAGE, offset })
      return mapOk(await get(ctx, access, url, services), ({ data, paging }) => ({
        resources: data.map(({ id, name }) => ({ id, name, type: 'service', details: {} })),
        nextCursor: after(paging?.next),
      }))
    }
    const url = withQuery(`${jsmApi(details.cloudId)}/schedules`, { size: PAGE, offset })
    return mapOk(await get(ctx, access, url, schedules), ({ values, links }) => ({
      resources: values.map(({ id, name }) => ({ id, name, type: 'schedule', details: {} })),
      nextCursor: after(links?.next),
    }))
  },
  operations,
})

/** The site's id is for calls, not for people. */
function withoutCloudId(details: Readonly<Record<string, unknown>>) {
  const { cloudId: _, ...shown } = details
  return shown
}
