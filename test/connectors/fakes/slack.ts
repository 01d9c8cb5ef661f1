import { json, type Fake, type Seen } from './fake'

const CLIENT = { id: '1234567890.0987654321', secret: 'slackclientsecret0123456789' }
const REDIRECT = 'http://aurora.test/slack/callback'
export const SIGNING_SECRET = 'slacksigningsecret0123456789abcdef'
const TOKEN = 'xoxb-0123456789-abcdefghij'
const channels = Array.from({ length: 230 }, (_, index) => ({
  id: `C${index + 1}`,
  name: `channel-${index + 1}`,
  is_private: false,
  is_member: index === 0,
}))

/** Teams by the code of their login. */
const codes = new Map<string, string>()
const refreshTeams = new Map<string, string>()
/** Teams by their tokens. */
const accessTokens = new Map<string, string>()
let issued = 0
let serial = 0

/** What the app of this test is set to: whether its tokens rotate, the scopes that the person granted, and a workspace to stay in. */
export const slackApp = { rotates: false, scope: '', team: '', posted: new Array<Record<string, unknown>>() }
export const SCOPE =
  'app_mentions:read,chat:write,channels:join,channels:manage,channels:read,channels:history,users:read'

/** The workspace of the latest login. */
export const lastTeam = (): string => `T${issued}`

/** Slack tells its errors with HTTP 200. */
const failed = (error: string) => json({ ok: false, error })

export const slack: Fake = {
  id: 'slack',
  hosts: ['slack.com'],
  form: null,
  secrets: [TOKEN, CLIENT.secret, SIGNING_SECRET],
  /** Every login is that of another workspace. */
  get accountId() {
    return `T${issued}`
  },
  resources: {
    first: channels.slice(0, 200).map(({ id }) => id),
    second: channels.slice(200).map(({ id }) => id),
  },
  revocation: 'revoked',
  oauth: {
    variables: {
      SLACK_CLIENT_ID: CLIENT.id,
      SLACK_CLIENT_SECRET: CLIENT.secret,
      SLACK_SIGNING_SECRET: SIGNING_SECRET,
    },
    consent: (authorize) => {
      const given = (name: string): string | null => authorize.searchParams.get(name)
      if (given('client_id') !== CLIENT.id || given('redirect_uri') !== REDIRECT) return 'refused'
      if (given('code_challenge') !== null || given('scope') !== SCOPE.replaceAll(',', ' ')) return 'refused'
      const code = `slack-code-${++issued}`
      codes.set(code, slackApp.team || `T${issued}`)
      return code
    },
  },
  answer: (seen) => {
    const method = seen.url.pathname.replace('/api/', '')
    if (seen.method !== 'POST') return failed('invalid_http_method')
    if (!(seen.headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded'))
      return failed('invalid_post_type')
    return method === 'oauth.v2.access' ? oauth(seen) : rest(method, seen)
  },
}

function oauth({ headers, body }: Seen) {
  const form = new URLSearchParams(body)
  if (headers.get('authorization') !== null || form.get('client_secret') !== CLIENT.secret)
    return failed('bad_client_secret')
  if (form.get('client_id') !== CLIENT.id) return failed('invalid_client_id')
  if (form.get('grant_type') === 'refresh_token')
    return granted(refreshTeams, form.get('refresh_token'), 'invalid_refresh_token')
  if (form.get('redirect_uri') !== REDIRECT) return failed('bad_redirect_uri')
  return granted(codes, form.get('code'), 'invalid_code')
}

/** What is presented works once. */
function granted(teams: Map<string, string>, presented: string | null, error: string) {
  const team = teams.get(presented ?? '')
  teams.delete(presented ?? '')
  return team === undefined ? failed(error) : grant(team)
}

function grant(team: string) {
  const token = slackApp.rotates ? `xoxe.${TOKEN}-${++serial}` : `${TOKEN}-${team}`
  const refresh = `xoxe-1-0123456789-${serial}`
  accessTokens.set(token, team)
  if (slackApp.rotates) refreshTeams.set(refresh, team)
  return json({
    ok: true,
    access_token: token,
    ...(slackApp.rotates ? { refresh_token: refresh, expires_in: 43_200 } : {}),
    token_type: 'bot',
    scope: slackApp.scope || SCOPE,
    bot_user_id: 'U0',
    app_id: 'A1',
    team: { id: team, name: 'Example' },
  })
}

function rest(method: string, { headers, body }: Seen) {
  const token = (headers.get('authorization') ?? '').replace('Bearer ', '')
  if (token === '') return failed('not_authed')
  const team = accessTokens.get(token)
  if (team === undefined) return failed('invalid_auth')
  const form = new URLSearchParams(body)
  switch (method) {
    case 'auth.test':
      return json({
        ok: true,
        url: 'https://example.slack.com/',
        team: 'Example',
        user: 'aurora',
        team_id: team,
        user_id: 'U0',
      })
    case 'auth.revoke':
      accessTokens.delete(token)
      return json({ ok: true, revoked: true })
    case 'conversations.list': {
      const from = Number(form.get('cursor') ?? '0')
      const end = from + Number(form.get('limit') ?? '100')
      return json({
        ok: true,
        channels: channels.slice(from, end),
        response_metadata: { next_cursor: end < channels.length ? String(end) : '' },
      })
    }
    case 'conversations.join': {
      const channel = channels.find(({ id }) => id === form.get('channel'))
      if (channel?.id === 'C9') return failed('missing_scope')
      return channel === undefined ? failed('channel_not_found') : json({ ok: true, channel })
    }
    case 'conversations.create':
      return form.get('name') === 'channel-1'
        ? failed('name_taken')
        : json({ ok: true, channel: { id: 'C900', name: form.get('name'), is_private: false } })
    case 'chat.postMessage':
      if (form.get('channel') === 'C7') return failed('not_in_channel')
      slackApp.posted.push(Object.fromEntries(form))
      return json({ ok: true, channel: form.get('channel'), ts: `1.${slackApp.posted.length}` })
    case 'conversations.history':
      return form.get('channel') === 'C1'
        ? json({ ok: true, messages: [{ ts: form.get('oldest'), text: 'hello' }] })
        : failed('not_in_channel')
    default:
      return failed('unknown_method')
  }
}
