/** Netdata Cloud: an API token and one of its spaces. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { bearer, headersOf } from '../access'
import { readBaseUrl } from '../address'
import { ask } from '../ask'
import { connector } from '../connector'
import { alsoNamed } from '../form'
import { mapOk, ok, type Outcome } from '../outcome'
import { sliceOf } from '../paging'
import { API, details, settings } from './details'
import { operations } from './operations'

const REFUSED = { kind: 'credential_refused', text: 'Netdata refused the API token' } as const

const secret = z.object({ apiToken: z.string() })
const form = alsoNamed(
  {
    token: 'apiToken',
    api_token: 'apiToken',
    baseUrl: 'spaceUrl',
    space_url: 'spaceUrl',
    space_name: 'spaceName',
  },
  z.object({
    apiToken: text({ error: 'Netdata API token is required', max: 1000 }),
    spaceUrl: optional(text({ error: 'Invalid spaceUrl', max: 500 })),
    spaceName: optional(text({ error: 'Invalid spaceName', max: 200 })),
  }),
)

const named = z.array(z.object({ id: z.string(), name: z.string(), slug: z.string().nullish() }))

/** Whatever page of a space people copy, it must be one of the cloud's. */
function checkAddress(typed: string | undefined): Outcome<null> {
  const host = typed === undefined ? ok(API) : readBaseUrl(typed.replace(/[?#].*$/, ''))
  if (host.kind !== 'ok') return host
  return new URL(host.value).origin === API
    ? ok(null)
    : { kind: 'blocked', text: 'Only Netdata Cloud (app.netdata.cloud) can be connected' }
}

export const netdata = connector({
  id: 'netdata',
  name: 'Netdata',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['app.netdata.cloud'],
  alertSource: 'netdata',
  revokeHint: 'Delete the API token in the settings of your Netdata user.',
  summary: ['spaceName'],
  original: {
    prefixes: ['/netdata'],
    connected: ({ baseUrl, spaceName }) => ({ baseUrl, spaceName }),
    status: ({ baseUrl, spaceName }) => ({ baseUrl, spaceName }),
  },
  form: {
    schema: form,
    read: ({ apiToken, spaceUrl, spaceName }) =>
      mapOk(checkAddress(spaceUrl), () => ({
        secret: { apiToken },
        settings: { baseUrl: API, spaceName: spaceName ?? null },
      })),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings: { spaceName } }, access) => {
    const found = await ask(ctx.fetch, `${API}/api/v2/spaces`, { headers: headersOf(access) }, named, {
      401: REFUSED,
      403: REFUSED,
    })
    if (found.kind !== 'ok') return found
    const space = found.value.find(
      ({ name, slug }) => spaceName === null || name === spaceName || slug === spaceName,
    )
    if (space === undefined)
      return spaceName === null
        ? { kind: 'no_resources', text: 'The Netdata API token has no access to any space' }
        : { kind: 'credential_refused', text: 'The Netdata API token has no access to this space' }
    return ok({
      accountId: space.id,
      accountName: space.name,
      details: { baseUrl: API, spaceName: space.name, spaceId: space.id },
    })
  },
  access: { kind: 'static', of: ({ secret }) => bearer(secret.apiToken) },
  resources: async (ctx, { access, details }, cursor) => {
    const url = `${API}/api/v2/spaces/${encodeURIComponent(details.spaceId)}/rooms`
    return mapOk(await ask(ctx.fetch, url, { headers: headersOf(access) }, named), (rooms) =>
      sliceOf(
        rooms.map(({ id, name, slug }) => ({ id, name, type: 'room', details: { slug: slug ?? null } })),
        cursor,
      ),
    )
  },
  operations,
})
