/** Google Chat: a person's login finds the space for incidents, once; from then on the deployment's app speaks there. */
import type { Access } from '../access'
import { connector } from '../connector'
import type { Proof } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { TOKEN_URL } from '../gcp/details'
import { mapOk, ok, type Outcome } from '../outcome'
import * as z from 'zod'
import { ACCOUNT, mintBot } from './bot'
import { details, SCOPES, settings, type Details, type Settings } from './details'
import { operations } from './operations'
import { addApp, createSpace, findSpace, readSpace, spacePage } from './spaces'

/** Nothing is kept: the person's tokens are dropped, and the app's key is the deployment's. */
const secret = z.object({})
type Secret = z.infer<typeof secret>

/** What a login must be begun with, so that it may create the space. */
export const CREATE = 'create_space'

const UNRESOLVED = {
  kind: 'no_resources',
  text: 'There is no space named Incidents or Aurora Incidents',
} as const

export const googleChat = connector({
  id: 'google_chat',
  name: 'Google Chat',
  category: 'chat',
  kinds: ['oauth_code'],
  multiAccount: false,
  hosts: ['oauth2.googleapis.com', 'chat.googleapis.com', 'www.googleapis.com'],
  variables: [ACCOUNT],
  revokeHint: 'Remove the app from the space in Google Chat.',
  summary: ['spaceDisplayName'],
  oauth: {
    endpoints: { authorize: 'https://accounts.google.com/o/oauth2/v2/auth', token: TOKEN_URL },
    client: () => ({ id: 'GOOGLE_CHAT_CLIENT_ID', secret: 'GOOGLE_CHAT_CLIENT_SECRET' }),
    clientAuth: 'form',
    body: 'form',
    pkce: true,
    openid: null,
    products: [CREATE],
    scopes: () => SCOPES,
    requiredScopes: SCOPES,
    redirect: { base: 'api', path: '/google-chat/callback' },
    parameters: { prompt: 'consent' },
    needsRefreshToken: false,
    read: (_tokens, _endpoint, _stored, products) =>
      ok({ secret: {}, settings: { spaceName: null, mayCreate: products.includes(CREATE) } }),
  },
  secret,
  settings,
  details,
  prove: (ctx, { settings }, access) => prove(ctx, settings, access),
  access: { kind: 'minted', mint: async (ctx) => mintBot(ctx) },
  resources: (ctx, { access }, cursor) => spacePage(ctx, access, cursor),
  operations,
})

/** @param access the person's at the login, the app's afterwards */
async function prove(
  ctx: VendorCtx,
  settings: Settings,
  access: Access,
): Promise<Outcome<Proof<Secret, Details>>> {
  const space = settings.spaceName ?? (await settle(ctx, settings, access))
  if (typeof space !== 'string' && space.kind !== 'ok') return space
  const name = typeof space === 'string' ? space : space.value
  const bot = settings.spaceName === null ? await mintBot(ctx) : ok({ access })
  if (bot.kind !== 'ok') return bot
  return mapOk(await readSpace(ctx, bot.value.access, name), ({ displayName }) => ({
    accountId: name,
    accountName: displayName ?? name,
    details: { spaceName: name, mayCreate: settings.mayCreate, spaceDisplayName: displayName ?? name },
  }))
}

/** Finds the space for incidents, or makes it where that was asked for, and puts the app into it. */
async function settle(ctx: VendorCtx, settings: Settings, person: Access): Promise<Outcome<string>> {
  const found = await findSpace(ctx, person)
  if (found.kind !== 'ok') return found
  if (found.value === null && !settings.mayCreate) return UNRESOLVED
  const space = found.value === null ? await createSpace(ctx, person) : ok(found.value)
  if (space.kind !== 'ok') return space
  const { name } = space.value
  return mapOk(await addApp(ctx, person, name), () => name)
}
