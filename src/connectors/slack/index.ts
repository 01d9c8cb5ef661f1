/** Slack: the bot of an app that a workspace installed. */
import * as z from 'zod'
import { connector, noSettings } from '../connector'
import { mapOk, ok } from '../outcome'
import { askSlack } from './call'
import { channelPage } from './channels'
import { API, details, SCOPES } from './details'
import { operations } from './operations'
import { CLIENT, mint, revoke, secret } from './tokens'

const identity = z.object({
  team_id: z.string().min(1),
  team: z.string(),
  url: z.string().nullish(),
  user: z.string().nullish(),
})

export const slack = connector({
  id: 'slack',
  name: 'Slack',
  category: 'chat',
  kinds: ['oauth_code'],
  multiAccount: false,
  hosts: ['slack.com'],
  revokeHint: 'Remove the app in Slack under Settings & administration, Manage apps.',
  // A workspace has one bot token for an app, whichever organisation connected it.
  revokesWholeGrant: () => true,
  summary: ['team_name'],
  oauth: {
    endpoints: { authorize: 'https://slack.com/oauth/v2/authorize', token: `${API}/oauth.v2.access` },
    client: () => CLIENT,
    clientAuth: 'form',
    body: 'form',
    // Slack takes an app that once used PKCE for a public client, for good.
    pkce: false,
    openid: null,
    scopes: () => SCOPES,
    requiredScopes: ['channels:read'],
    tokenTypes: ['bot'],
    redirect: { base: 'api', path: '/slack/callback' },
    needsRefreshToken: false,
    read: ({ accessToken, refreshToken }) =>
      ok({
        secret: refreshToken === null ? { token: accessToken } : { refresh_token: refreshToken },
        settings: {},
      }),
  },
  secret,
  settings: noSettings,
  details,
  prove: async (ctx, _candidate, access) =>
    mapOk(await askSlack(ctx, access, 'auth.test', {}, identity), ({ team_id, team, url, user }) => ({
      accountId: team_id,
      accountName: team,
      details: { team_id, team_name: team, team_url: url ?? null, user_name: user ?? null },
    })),
  access: { kind: 'minted', mint: async (ctx, candidate) => mint(ctx, candidate) },
  resources: async (ctx, { access }, cursor) =>
    mapOk(await channelPage(ctx, access, cursor), ({ channels, next }) => ({
      resources: channels.map(({ id, name, is_private, is_member }) => ({
        id,
        name,
        type: 'channel',
        details: { is_private: is_private ?? false, is_member: is_member ?? false },
      })),
      nextCursor: next,
    })),
  revoke: (ctx, candidate) => revoke(ctx, candidate),
  operations,
})
