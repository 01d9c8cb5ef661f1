/** Tailscale: an OAuth client of one tailnet, exchanged for tokens of an hour. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { bearer, headersOf, type Access } from '../access'
import { ask, type Judgement } from '../ask'
import { connector } from '../connector'
import type { VendorCtx } from '../vendor-ctx'
import { alsoNamed } from '../form'
import { mapOk, ok, type Outcome } from '../outcome'
import { sliceOf } from '../paging'
import { API, details, settings, tailnetUrl } from './details'
import { operations } from './operations'

const BOTH = 'Client ID and client secret are required'
const ID = 'Invalid client ID format'
const SECRET = 'Invalid client secret format'
const TAILNET = 'Invalid tailnet'
const REFUSED = { kind: 'credential_refused', text: 'Tailscale refused the OAuth client' } as const
const REFUSALS: Judgement = { 400: REFUSED, 401: REFUSED }

const secret = z.object({ clientSecret: z.string() })
const form = alsoNamed(
  { client_id: 'clientId', client_secret: 'clientSecret' },
  z.object({
    clientId: text({ error: BOTH, max: 100, tooLong: ID }).refine(
      (value) => /^[A-Za-z0-9-]{5,100}$/.test(value),
      ID,
    ),
    clientSecret: text({ error: BOTH, max: 500, tooLong: SECRET }).refine(
      (value) => value.length >= 10,
      SECRET,
    ),
    tailnet: optional(
      text({ error: TAILNET, max: 200 }).refine((value) => /^[A-Za-z0-9@._-]+$/.test(value), TAILNET),
    ),
  }),
)

const granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })
const devices = z.object({
  devices: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      hostname: z.string().nullish(),
      os: z.string().nullish(),
      lastSeen: z.string().nullish(),
    }),
  ),
})

export const tailscale = connector({
  id: 'tailscale',
  name: 'Tailscale',
  category: 'cloud',
  kinds: ['client_credentials'],
  multiAccount: false,
  hosts: ['api.tailscale.com'],
  revokeHint: 'Revoke the OAuth client under Settings, OAuth clients in Tailscale.',
  summary: ['tailnet'],
  original: {
    prefixes: ['/tailscale_api/tailscale'],
    unauthorized: true,
    connected: ({ tailnet, tailnetName, deviceCount }) => ({
      message: 'Tailscale connected successfully',
      tailnet,
      tailnetName,
      deviceCount,
    }),
    status: ({ tailnet, tailnetName }) => ({ provider: 'tailscale', tailnet, tailnetName }),
  },
  form: {
    schema: form,
    read: ({ clientId, clientSecret, tailnet }) =>
      ok({ secret: { clientSecret }, settings: { clientId, tailnet: tailnet ?? '-' } }),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings }, access) =>
    mapOk(await devicesOf(ctx, settings.tailnet, access, { ...REFUSALS, 404: REFUSED }), ({ devices }) => {
      // `host.tail1234.ts.net`: what follows the host is the tailnet's own name.
      const suffix = devices[0]?.name.split('.').slice(1).join('.') || null
      const name = settings.tailnet === '-' ? (suffix ?? settings.clientId) : settings.tailnet
      return {
        accountId: name,
        accountName: suffix ?? name,
        details: { ...settings, tailnetName: suffix ?? name, deviceCount: devices.length },
      }
    }),
  access: {
    kind: 'minted',
    mint: async (ctx, { secret, settings }) => {
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: settings.clientId,
        client_secret: secret.clientSecret,
      })
      const minted = await ask(ctx.fetch, `${API}/oauth/token`, { method: 'POST', body }, granted, {
        ...REFUSALS,
        403: REFUSED,
      })
      return mapOk(minted, ({ access_token, expires_in }) => ({
        access: bearer(access_token),
        expiresAt: ctx.now() + expires_in * 1000,
      }))
    },
  },
  resources: async (ctx, { access, details }, cursor) =>
    mapOk(await devicesOf(ctx, details.tailnet, access), ({ devices }) =>
      sliceOf(
        devices.map(({ id, name, hostname, os, lastSeen }) => ({
          id,
          name,
          type: 'device',
          details: { hostname: hostname ?? null, os: os ?? null, last_seen: lastSeen ?? null },
        })),
        cursor,
      ),
    ),
  operations,
})

const devicesOf = (
  ctx: VendorCtx,
  tailnet: string,
  access: Access,
  judgement?: Judgement,
): Promise<Outcome<z.infer<typeof devices>>> =>
  ask(ctx.fetch, `${tailnetUrl({ tailnet })}/devices`, { headers: headersOf(access) }, devices, judgement)
