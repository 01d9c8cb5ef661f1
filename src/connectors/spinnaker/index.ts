/** Spinnaker: a user of Gate, the API that the customer puts on a public name. */
import * as z from 'zod'
import { text } from '../../lib/fields'
import { headerAccess, headersOf } from '../access'
import { readBaseUrl } from '../address'
import { ask, basic } from '../ask'
import { connector } from '../connector'
import { mapOk, ok } from '../outcome'
import { sliceOf } from '../paging'
import { applicationsOf } from './applications'
import { details, settings } from './details'
import { operations } from './operations'

const REFUSED = { kind: 'credential_refused', text: 'Spinnaker refused the user name or password' } as const

const secret = z.object({ password: z.string() })
const form = z.discriminatedUnion(
  'authType',
  [
    z.object({
      authType: z.literal('token'),
      baseUrl: text({ error: 'Spinnaker Gate URL is required', max: 500 }),
      username: text({ error: 'Username is required', max: 200 }),
      password: text({ error: 'Password is required', max: 1000, trim: false }),
    }),
    z.object({ authType: z.literal('x509') }),
  ],
  { error: 'authType must be one of: token' },
)
const accounts = z.array(z.object({ name: z.string(), type: z.string().nullish() }))

export const spinnaker = connector({
  id: 'spinnaker',
  name: 'Spinnaker',
  category: 'ci',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: 'self_hosted',
  alertSource: 'spinnaker',
  revokeHint: 'Remove the user, or change its password, where Gate authenticates.',
  summary: ['baseUrl'],
  original: {
    prefixes: ['/spinnaker'],
    connected: (known) => ({ connected: true, ...known }),
  },
  form: {
    schema: form,
    read: (input, ownHosts) =>
      input.authType === 'x509'
        ? {
            kind: 'credential_refused',
            code: 'unsupported_on_platform',
            text: 'Client certificates cannot be used from here',
            hint: 'Use authType "token" with a user name and a password of Gate.',
          }
        : mapOk(readBaseUrl(input.baseUrl, ownHosts), (baseUrl) => ({
            secret: { password: input.password },
            settings: { baseUrl, username: input.username },
          })),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings: { baseUrl, username } }, access) => {
    const clouds = await ask(ctx.fetch, `${baseUrl}/credentials`, { headers: headersOf(access) }, accounts, {
      401: REFUSED,
      403: REFUSED,
    })
    if (clouds.kind !== 'ok') return clouds
    const applications = await applicationsOf(ctx, access, baseUrl)
    if (applications.kind !== 'ok') return applications
    return ok({
      accountId: baseUrl,
      accountName: new URL(baseUrl).host,
      details: {
        baseUrl,
        username,
        authType: 'token' as const,
        applications: applications.value.length,
        cloudAccounts: clouds.value.map(({ name }) => name),
      },
    })
  },
  access: {
    kind: 'static',
    of: ({ secret, settings }) => headerAccess({ authorization: basic(settings.username, secret.password) }),
  },
  resources: async (ctx, { access, details }, cursor) =>
    mapOk(await applicationsOf(ctx, access, details.baseUrl), (found) =>
      sliceOf(
        found.map(({ name, email, cloudProviders }) => ({
          id: name,
          name,
          type: 'application',
          details: { owner: email, cloud_providers: cloudProviders },
        })),
        cursor,
      ),
    ),
  operations,
})
