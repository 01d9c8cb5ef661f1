/** Whose token it is: a person's, or that of a whole account. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask, readAs, type Judgement } from '../ask'
import type { Proof } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { ACCEPT, API, type Details } from './details'

const JUDGEMENT: Judgement = {
  401: { kind: 'credential_refused', text: 'Invalid or expired API token' },
  403: { kind: 'insufficient_permission', text: 'Token lacks required permissions' },
}

const address = z.string().nullish()
const me = z.object({ user: z.object({ email: z.string(), name: z.string(), html_url: address }) })
const services = z.object({ services: z.array(z.object({ html_url: address })) })
const abilities = z.object({ abilities: z.array(z.string()) })

type Person = Pick<Details, 'externalUserEmail' | 'externalUserName' | 'accountSubdomain'>

/** `example` of `https://example.pagerduty.com/users/P1`. */
const subdomainOf = (url: string | null | undefined): string | null =>
  /^https:\/\/([a-z0-9-]+)(?:\.eu)?\.pagerduty\.com\//.exec(url ?? '')?.[1] ?? null

/** Asks who the token belongs to. An account's token is nobody's, and is proved by what it can list. */
export async function prove<S>(
  ctx: VendorCtx,
  settings: Pick<Details, 'authType' | 'displayName'>,
  access: Access,
): Promise<Outcome<Proof<S, Details>>> {
  const headers = { ...headersOf(access), accept: ACCEPT }
  const found = await personOf(ctx, headers)
  if (found.kind !== 'ok') return found
  const person = found.value
  const able = await ask(ctx.fetch, `${API}/abilities`, { headers }, abilities)
  const account = person.accountSubdomain ?? person.externalUserEmail ?? 'pagerduty'
  const displayName = settings.displayName ?? person.externalUserName ?? 'PagerDuty'
  return ok({
    accountId: account,
    accountName: displayName,
    details: {
      ...settings,
      displayName,
      capabilities: able.kind === 'ok' ? able.value.abilities : [],
      ...person,
    },
  })
}

async function personOf(ctx: VendorCtx, headers: Readonly<Record<string, string>>): Promise<Outcome<Person>> {
  const answer = await ctx.fetch(`${API}/users/me`, { headers })
  if (answer.kind !== 'ok') return answer
  if (answer.value.status !== 400) {
    const found = readAs(answer.value, me, JUDGEMENT)
    return mapOk(found, ({ user }) => ({
      externalUserEmail: user.email,
      externalUserName: user.name,
      accountSubdomain: subdomainOf(user.html_url),
    }))
  }
  const listed = await ask(ctx.fetch, `${API}/services?limit=1`, { headers }, services, JUDGEMENT)
  return mapOk(listed, ({ services }) => ({
    externalUserEmail: null,
    externalUserName: null,
    accountSubdomain: subdomainOf(services[0]?.html_url),
  }))
}
