/** A new access for a refresh token (RFC 6749, section 6): written once, with what differs between vendors as data. */
import * as z from 'zod'
import type { Access } from './access'
import { basic, readAs, type Judgement } from './ask'
import type { VendorAnswer, VendorInit } from './egress'
import type { OAuthData } from './oauth'
import { mapOk, type Outcome } from './outcome'
import type { Minted } from './proof'
import { settingOf } from './settings'
import type { VendorCtx } from './vendor-ctx'

interface RefreshGrant<S> extends Pick<OAuthData, 'clientAuth' | 'body'> {
  readonly url: string
  /** Variables with the client's id and secret. */
  readonly client: { readonly id: string; readonly secret: string }
  readonly refreshToken: string
  /** Whether the vendor says that the grant is over. Any other refusal is about our client, not the customer's grant. */
  readonly hasEnded: (answer: VendorAnswer) => boolean
  readonly access: (accessToken: string) => Access
  /** What is sealed in place of the present secret, when the vendor answers another refresh token. */
  readonly secretOf: (refreshToken: string) => S
}

const granted = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  expires_in: z.number().positive(),
})
const TROUBLE = { kind: 'vendor_error' } as const
const REFUSED: Judgement = { 400: TROUBLE, 401: TROUBLE, 403: TROUBLE }

/** @returns expired when the grant is over, vendor_error when the deployment has no client */
export async function refreshGrant<S>(ctx: VendorCtx, grant: RefreshGrant<S>): Promise<Outcome<Minted<S>>> {
  const [id, key] = [settingOf(ctx.settings, grant.client.id), settingOf(ctx.settings, grant.client.secret)]
  if (id === null || key === null) return TROUBLE
  const answer = await ctx.fetch(grant.url, requestOf(grant, id, key))
  if (answer.kind !== 'ok') return answer
  if (grant.hasEnded(answer.value)) return { kind: 'expired' }
  return mapOk(readAs(answer.value, granted, REFUSED), ({ access_token, refresh_token, expires_in }) => ({
    access: grant.access(access_token),
    expiresAt: ctx.now() + expires_in * 1000,
    ...(refresh_token == null || refresh_token === grant.refreshToken
      ? {}
      : { rotated: grant.secretOf(refresh_token) }),
  }))
}

function requestOf<S>(
  { clientAuth, body, refreshToken }: RefreshGrant<S>,
  id: string,
  key: string,
): VendorInit {
  const inBody = clientAuth === 'form'
  const parameters = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    ...(inBody ? { client_id: id, client_secret: key } : {}),
  }
  return {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': body === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
      ...(inBody ? {} : { authorization: basic(id, key) }),
    },
    body: body === 'json' ? JSON.stringify(parameters) : new URLSearchParams(parameters).toString(),
  }
}
