/**
 * The login of a person at the App: it shows which installations are theirs and is forgotten at once. It is no provider
 * of its own and stores nothing, but its states are kept apart from those of the OAuth login.
 */
import * as z from 'zod'
import { bearer } from '../access'
import { connector, noSettings } from '../connector'
import { ok } from '../outcome'
import { APP_CLIENT, APP_VARIABLES } from './app'
import { LOGIN } from './index'

export const githubApp = connector({
  id: 'github_app',
  name: 'GitHub',
  category: 'code',
  kinds: ['oauth_code'],
  multiAccount: false,
  hosts: ['api.github.com', 'github.com'],
  optionalVariables: ['GITHUB_AUTH_MODE', ...APP_VARIABLES],
  revokeHint: 'Revoke the App under Settings, Applications in GitHub.',
  oauth: {
    endpoints: LOGIN,
    client: () => APP_CLIENT,
    clientAuth: 'form',
    body: 'form',
    pkce: true,
    openid: null,
    scopes: () => [],
    requiredScopes: [],
    redirect: { base: 'api', path: '/github/app/install/callback' },
    needsRefreshToken: false,
    read: ({ accessToken }) => ok({ secret: { token: accessToken }, settings: {} }),
  },
  secret: z.object({ token: z.string() }),
  settings: noSettings,
  details: z.object({}),
  prove: async () => ({ kind: 'vendor_error' }),
  access: { kind: 'static', of: ({ secret }) => bearer(secret.token) },
})
