/** Tokens of Entra ID for a client id and its secret. There is no refresh token: one asks again. */
import * as z from 'zod'
import { bearer, type Access } from '../access'
import { jsonOf, readAs } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome, type Refusal } from '../outcome'
import { API, type Identity } from './details'

const REFUSED = { kind: 'credential_refused', text: 'Invalid Azure credentials' } as const

/** `error_codes` of Entra ID: a wrong secret, an unknown application, an unknown tenant, and a secret that ended. */
const MEANING: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [7_000_215, REFUSED],
  [700_016, REFUSED],
  [90_002, REFUSED],
  [7_000_222, { kind: 'expired' }],
])

const granted = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() })
const failure = z.object({ error_codes: z.array(z.number()) })

export async function tokenOf(
  ctx: VendorCtx,
  { tenantId, clientId }: Identity,
  clientSecret: string,
): Promise<Outcome<{ readonly access: Access; readonly expiresAt: number }>> {
  const answer = await ctx.fetch(
    `https://login.microsoftonline.com/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope: `${API}/.default`,
      }).toString(),
    },
  )
  if (answer.kind !== 'ok') return answer
  const refusal = refusalOf(jsonOf(answer.value))
  return mapOk(readAs(answer.value, granted, { 400: refusal, 401: refusal }), (it) => ({
    access: bearer(it.access_token),
    expiresAt: ctx.now() + it.expires_in * 1000,
  }))
}

function refusalOf(body: unknown): Refusal {
  const read = failure.safeParse(body)
  const known = read.success ? read.data.error_codes.flatMap((code) => MEANING.get(code) ?? []) : []
  return known[0] ?? { kind: 'vendor_error' }
}
