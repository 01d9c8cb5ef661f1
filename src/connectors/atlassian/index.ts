/** Atlassian: one login for Confluence, Jira and the operations of Jira Service Management. It holds the grant; they live off it. */
import { connector } from '../connector'
import { mapOk, ok } from '../outcome'
import { sliceOf } from '../paging'
import { AUTH, details, EXPORTS, PRODUCTS, productsAsked, PROVIDER_OF, scopesOf, settings } from './details'
import { listSites, prove } from './prove'
import { CLIENT, mint, secret, TOKEN_URL } from './tokens'

export const atlassian = connector({
  id: 'atlassian',
  name: 'Atlassian',
  category: 'knowledge',
  kinds: ['oauth_code'],
  multiAccount: false,
  hosts: ['auth.atlassian.com', 'api.atlassian.com'],
  revokeHint: 'Remove the application in your Atlassian account under Connected apps.',
  summary: ['baseUrl'],
  products: Object.values(PROVIDER_OF),
  oauth: {
    endpoints: { authorize: `${AUTH}/authorize`, token: TOKEN_URL },
    client: () => CLIENT,
    clientAuth: 'form',
    body: 'json',
    pkce: false,
    openid: null,
    products: [...PRODUCTS, ...EXPORTS],
    scopes: scopesOf,
    requiredScopes: [],
    redirect: { base: 'frontend', path: '/atlassian/callback' },
    parameters: { audience: 'api.atlassian.com', prompt: 'consent' },
    needsRefreshToken: true,
    read: ({ refreshToken, scopes }, _endpoint, _stored, products) =>
      refreshToken === null
        ? { kind: 'credential_refused' }
        : ok({
            secret: { refresh_token: refreshToken },
            settings: { scopes: [...scopes], asked: [...productsAsked(products)] },
          }),
  },
  secret,
  settings,
  details,
  prove: (ctx, { settings }, access) => prove(ctx, settings, access),
  access: { kind: 'minted', mint: async (ctx, candidate) => mint(ctx, candidate) },
  resources: async (ctx, { access }, cursor) =>
    mapOk(await listSites(ctx, access), (all) =>
      sliceOf(
        [...new Map(all.map((site) => [site.id, site])).values()].map(({ id, name, url }) => ({
          id,
          name,
          type: 'site',
          details: { url },
        })),
        cursor,
      ),
    ),
})
