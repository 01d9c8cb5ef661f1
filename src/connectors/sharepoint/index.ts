/** SharePoint through Microsoft Graph: the sites that the person who logs in can see. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import { connector } from '../connector'
import type { Page } from '../paging'
import type { Proof } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { details, GRAPH, grants, scopesOf, settings, type Details, type Settings } from './details'
import { operations } from './operations'
import { CLIENT, endpointsOf, mint, secret, TENANT, type Secret } from './tokens'

const me = z.object({
  id: z.string().min(1),
  displayName: z.string().nullish(),
  mail: z.string().nullish(),
  userPrincipalName: z.string().nullish(),
})
const sites = z.object({
  value: z.array(
    z.object({
      id: z.string(),
      displayName: z.string().nullish(),
      name: z.string().nullish(),
      webUrl: z.string().nullish(),
    }),
  ),
  '@odata.nextLink': z.string().nullish(),
})

export const sharepoint = connector({
  id: 'sharepoint',
  name: 'SharePoint',
  category: 'knowledge',
  kinds: ['oauth_code'],
  multiAccount: false,
  hosts: ['login.microsoftonline.com', 'graph.microsoft.com'],
  optionalVariables: [TENANT],
  revokeHint: 'Remove the application under My Apps, or revoke its permissions in Entra ID.',
  summary: ['userEmail'],
  oauth: {
    endpoints: (choice) => endpointsOf(choice.settings),
    client: () => CLIENT,
    clientAuth: 'form',
    body: 'form',
    pkce: true,
    openid: null,
    products: ['pages'],
    scopes: scopesOf,
    requiredScopes: [],
    redirect: { base: 'frontend', path: '/sharepoint/callback' },
    needsRefreshToken: true,
    read: ({ refreshToken, scopes }) => {
      if (refreshToken === null) return { kind: 'credential_refused' }
      if (!grants(scopes, 'read')) return { kind: 'insufficient_permission' }
      const canWrite = grants(scopes, 'write')
      return ok({ secret: { refresh_token: refreshToken }, settings: { canWrite } })
    },
  },
  secret,
  settings,
  details,
  prove: (ctx, { settings }, access) => prove(ctx, settings, access),
  access: { kind: 'minted', mint: async (ctx, candidate) => mint(ctx, candidate) },
  resources: (ctx, { access }, cursor) => sitePage(ctx, access, cursor),
  operations,
})

async function prove(
  ctx: VendorCtx,
  settings: Settings,
  access: Access,
): Promise<Outcome<Proof<Secret, Details>>> {
  const answer = await ask(ctx.fetch, `${GRAPH}/me`, { headers: headersOf(access) }, me)
  return mapOk(answer, ({ id, displayName, mail, userPrincipalName }) => {
    const userEmail = mail ?? userPrincipalName ?? null
    return {
      accountId: id,
      accountName: displayName ?? userEmail ?? id,
      details: { ...settings, userDisplayName: displayName ?? null, userEmail },
    }
  })
}

/** One page of the sites that can be seen. */
export async function sitePage(
  ctx: VendorCtx,
  access: Access,
  cursor: string | null,
): Promise<Outcome<Page>> {
  const url = withQuery(`${GRAPH}/sites`, { search: '*', $skiptoken: cursor ?? undefined })
  const answer = await ask(ctx.fetch, url, { headers: headersOf(access) }, sites)
  return mapOk(answer, (it) => ({
    resources: it.value.map(({ id, displayName, name, webUrl }) => ({
      id,
      name: displayName ?? name ?? id,
      type: 'site',
      details: { webUrl: webUrl ?? null },
    })),
    nextCursor: skipIn(it['@odata.nextLink']),
  }))
}

/** Of the next page's address only its mark counts. */
function skipIn(link: string | null | undefined): string | null {
  if (link == null || !URL.canParse(link)) return null
  return new URL(link).searchParams.get('$skiptoken')
}
