import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { hmacSha256Hex } from '../../src/lib/hmac'
import { openTenant } from '../../src/store/tenant-db'
import { connectionById } from '../../src/store/connections'
import { askVendor } from '../../src/services/connectors/operations'
import { backgroundPorts } from '../../src/jobs/connectors'
import { advanceJob } from '../../src/services/connectors/advance-job'
import { slack as connector } from '../../src/connectors/slack'
import { takeSlackEvent, takeSlackInteraction } from '../../src/services/connectors/slack'
import { apiWith } from '../support/api'
import { bearer } from '../support/org'
import { fakes } from './fakes'
import { plugIn, type Network } from './fakes/network'
import { lastTeam, SIGNING_SECRET, slack, slackApp } from './fakes/slack'
import { deploymentOf } from './deployment'
import { anOrgFor, captureLogs, connect, storedConnection, variablesOf, type Client } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  network = plugIn(fakes)
  Object.assign(slackApp, { rotates: false, scope: '', team: '', posted: [] })
})
afterEach(() => {
  vi.restoreAllMocks()
})

const base = { ...variablesOf(slack), FRONTEND_URL: 'https://app.example' }

/** Logs in on the older path in one browser; answers where it ends. */
async function logIn(client: Client, change: Record<string, string> = {}) {
  const begun = await client.post('/slack/', {})
  const authorize = new URL(begun.body.oauth_url)
  const search = new URLSearchParams({
    code: slack.oauth?.consent(authorize) ?? '',
    state: authorize.searchParams.get('state') ?? '',
    ...change,
  })
  const cookie = (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const back = await apiWith(base).get(`/slack/callback?${search.toString()}`, { cookie })
  return { begun, location: back.headers.get('location') }
}

describe('/slack', () => {
  it('logs in, shows the workspace and disconnects in the documented words', async ({ expect }) => {
    const { client } = await anOrgFor(slack)
    expect((await client.get('/slack/')).body).toEqual({ connected: false })
    const { begun, location } = await logIn(client)
    expect(begun.body.message).toBe('Redirect to Slack for authentication')
    expect(location).toBe('https://app.example/slack/manage?slack_auth=success')
    expect((await client.get('/slack')).body).toEqual({
      connected: true,
      team_name: 'Example',
      user_name: 'aurora',
      team_id: slack.accountId,
      team_url: 'https://example.slack.com/',
      connected_at: expect.any(String),
      incidents_channel_name: null,
    })
    expect((await client.delete('/slack')).body).toEqual({
      success: true,
      message: 'Slack workspace disconnected',
      disconnected: [slack.accountId],
      revocation: 'revoked',
    })
  })

  it('ends a failed login on the first page with a reason from a closed list', async ({ expect }) => {
    const { client } = await anOrgFor(slack)
    const reason = async (change: Record<string, string>) => (await logIn(client, change)).location
    const page = 'https://app.example/?slack_auth=failed&error='
    expect(await reason({ state: 'forged' })).toBe(`${page}invalid_state`)
    expect(await reason({ code: '', state: '' })).toBe(`${page}no_code_or_state`)
    expect(await reason({ code: '', error: 'access_denied' })).toBe(`${page}access_denied`)
    expect(network.seen).toEqual([])
    // Slack answers this with HTTP 200.
    expect(await reason({ code: 'of-somebody-else' })).toBe(`${page}token_exchange_failed`)
    slackApp.scope = 'chat:write'
    expect(await reason({})).toBe(`${page}unexpected_error`)
  })

  it('keeps the bot of a workspace that another organisation uses as well', async ({ expect }) => {
    const { client, org } = await anOrgFor(slack)
    await connect(slack, client)
    const other = await anOrgFor(slack)
    await connect(slack, other.client)
    await env.DB.prepare("UPDATE connections SET account_id = ? WHERE org_id = ? AND provider = 'slack'")
      .bind(slack.accountId, org.orgId)
      .run()
    const { body } = await client.delete('/slack')
    expect([body.revocation, body.hint]).toEqual(['kept', expect.any(String)])
  })

  it('needs an app at Slack', async ({ expect }) => {
    const { org } = await anOrgFor(slack)
    const bare = await apiWith({}, bearer(org.token)).post('/slack')
    expect([bare.status, bare.body.code]).toEqual([503, 'provider_not_configured'])
  })
})

describe('the channel for incidents', () => {
  it('is joined by id, survives a reconnect, and connecting itself touches no channel', async ({
    expect,
  }) => {
    const { client } = await anOrgFor(slack)
    slackApp.team = 'TSAME'
    await logIn(client)
    expect(network.seen.filter(({ url }) => url.pathname.includes('conversations'))).toEqual([])
    const path = '/slack/incidents-channel'
    expect((await client.get('/slack/channels')).body.channels).toHaveLength(230)
    expect((await client.post(path, { channel_id: 'C2' })).body).toEqual({
      success: true,
      channel_id: 'C2',
      channel_name: 'channel-2',
    })
    await logIn(client)
    expect((await client.get('/slack')).body).toMatchObject({
      team_id: 'TSAME',
      incidents_channel_name: 'channel-2',
    })
  })

  it('is created when a name is given, and says why not', async ({ expect }) => {
    const { client } = await anOrgFor(slack)
    const path = '/slack/incidents-channel'
    expect((await client.post(path, { name: 'x' })).status).toBe(404)
    await logIn(client)
    expect((await client.post(path, { name: '#incidents' })).body).toMatchObject({
      channel_id: 'C900',
      channel_name: 'incidents',
    })
    const say = async (form: object) => {
      const { status, body } = await client.post(path, form)
      return [status, body.code]
    }
    expect(await say({})).toEqual([400, 'validation_failed'])
    expect(await say({ name: 'Not A Name' })).toEqual([400, 'validation_failed'])
    expect(await say({ name: 'channel-1' })).toEqual([400, 'validation_failed'])
    expect(await say({ channel_id: 'C0' })).toEqual([400, 'validation_failed'])
    expect(await say({ channel_id: 'C9' })).toEqual([403, 'insufficient_permission'])
  })
})

describe('a rotating token', () => {
  it('is renewed with the refresh token, which is replaced', async ({ expect }) => {
    slackApp.rotates = true
    const { org, client } = await anOrgFor(slack)
    await logIn(client)
    const before = await storedConnection(org, 'slack')
    await Promise.all([client.get('/slack/channels'), client.get('/slack/channels')])
    const after = await storedConnection(org, 'slack')
    expect(after?.secret_version).toBe((before?.secret_version ?? 0) + 1)
    expect(after?.ciphertext).not.toBe(before?.ciphertext)
    expect((await client.delete('/slack')).body.revocation).toBe('revoked')
  })
})

describe('an operation', () => {
  it('reads a channel that the bot is in', async ({ expect }) => {
    const { org, client } = await anOrgFor(slack)
    await logIn(client)
    const db = openTenant(env.DB, org.orgId)
    const [row] = await connectionById(db, (await storedConnection(org, 'slack'))?.id ?? '')
    if (row === undefined) throw new Error('no connection')
    const ask = (channel: string) =>
      askVendor(db, backgroundPorts(env), row, 'channel_history', { channel, oldest: '1.5' })
    expect(await ask('C1')).toMatchObject({ kind: 'ok', value: { data: { messages: [{ ts: '1.5' }] } } })
    expect(await ask('C2')).toEqual({ kind: 'not_found' })
    expect(await ask('../admin')).toMatchObject({ kind: 'invalid_arguments' })
  })
})

/** Sends what Slack would send. */
async function tell(
  path: string,
  body: string,
  change: { at?: number; key?: string; signature?: string } = {},
) {
  const at = String(change.at ?? Math.floor(Date.now() / 1000))
  const digest = await hmacSha256Hex(change.key ?? SIGNING_SECRET, `v0:${at}:${body}`)
  return apiWith(base).call('POST', path, body, {
    'x-slack-request-timestamp': at,
    'x-slack-signature': change.signature ?? `v0=${digest}`,
    'content-type': path.endsWith('events') ? 'application/json' : 'application/x-www-form-urlencoded',
  })
}

describe('what Slack tells the app', () => {
  const challenge = JSON.stringify({ type: 'url_verification', challenge: 'c1' })

  it('is taken when Slack signed it within five minutes', async ({ expect }) => {
    expect((await tell('/slack/events', challenge)).body).toEqual({ challenge: 'c1' })
    const now = Math.floor(Date.now() / 1000)
    for (const change of [
      { at: now - 301 },
      { at: now + 301 },
      { key: 'another' },
      { signature: '' },
      { signature: 'v0=00' },
    ]) {
      const refused = await tell('/slack/events', challenge, change)
      expect([change, refused.status, refused.body.code]).toEqual([change, 401, 'invalid_token'])
    }
    expect((await tell('/slack/events', challenge, { at: now - 295 })).status).toBe(200)
    expect((await tell('/slack/events', '{')).body.code).toBe('invalid_json')
  })

  it('takes interactions as forms', async ({ expect }) => {
    const form = new URLSearchParams({ payload: JSON.stringify({ type: 'block_actions' }) }).toString()
    expect((await tell('/slack/interactions', form)).body).toEqual({})
    expect((await tell('/slack/interactions', 'x=1')).status).toBe(400)
    expect((await tell('/slack/interactions', form, { key: 'another' })).status).toBe(401)
  })

  it('of a token that ended is checked with Slack, and is no word to end a connection by', async ({
    expect,
  }) => {
    const { org, client } = await anOrgFor(slack)
    await logIn(client)
    const team_id = lastTeam()
    const event = JSON.stringify({ type: 'event_callback', team_id, event: { type: 'tokens_revoked' } })
    expect((await tell('/slack/events', event)).status).toBe(200)
    expect(await storedConnection(org, 'slack')).toMatchObject({ status: 'connected' })
    const job = await env.DB.prepare('SELECT id, kind FROM connector_jobs WHERE org_id = ?')
      .bind(org.orgId)
      .first<{ id: string; kind: string }>()
    expect(job?.kind).toBe('revalidate')
    network.trouble = 'unauthorized'
    await advanceJob(openTenant(env.DB, org.orgId), backgroundPorts(env), job?.id ?? '')
    expect(await storedConnection(org, 'slack')).toMatchObject({ status: 'error', status_reason: 'expired' })
  })
})

describe('somebody who speaks to the bot', () => {
  const { ports } = deploymentOf(connector, (input, init) => fetch(input, init), {
    ...slack.oauth?.variables,
  })
  const mention = (team_id: string, change: object = {}, event_id = crypto.randomUUID()) => ({
    type: 'event_callback',
    team_id,
    event_id,
    event: {
      type: 'app_mention',
      text: '<@U0> which incidents are open &amp; why?',
      channel: 'C1',
      ts: '7.1',
      user: 'U5',
      ...change,
    },
  })

  async function aWorkspace() {
    const { org, client } = await anOrgFor(slack)
    await logIn(client)
    const db = openTenant(env.DB, org.orgId)
    const jobs = async () => {
      const found = await env.DB.prepare(
        "SELECT id, state FROM connector_jobs WHERE org_id = ? AND kind = 'mention' ORDER BY created_at, id",
      )
        .bind(org.orgId)
        .all<{ id: string; state: string }>()
      return found.results
    }
    const advance = async () => {
      for (const { id } of await jobs()) await advanceJob(db, ports, id)
    }
    return { org, db, jobs, advance, team: lastTeam() }
  }

  /** What the analyst would do. */
  const answer = (runId: string, text: string, state = 'succeeded') =>
    env.DB.batch([
      env.DB.prepare('UPDATE runs SET state = ?, ended_at = 1 WHERE id = ?').bind(state, runId),
      env.DB.prepare(
        "INSERT INTO chat_messages (session_id, org_id, message_number, sender, text, run_id, is_completed) SELECT session_id, org_id, 2, 'assistant', ?, id, 1 FROM runs WHERE id = ?",
      ).bind(text, runId),
      env.DB.prepare(
        "UPDATE chat_sessions SET status = 'completed', message_count = 2, active_run_id = NULL WHERE id = (SELECT session_id FROM runs WHERE id = ?)",
      ).bind(runId),
    ])

  it('is answered in the thread, once, by the analyst of the organisation', async ({ expect }) => {
    const { team, jobs, advance, org } = await aWorkspace()
    const event = mention(team)
    for (const _ of [1, 2]) expect(await takeSlackEvent(ports, event, Date.now())).toBeNull()
    expect(await jobs()).toMatchObject([{ state: 'PENDING' }])
    await advance()
    const [job] = await jobs()
    const asked = await env.DB.prepare(
      'SELECT r.mode, r.user_id, m.text FROM runs r JOIN chat_messages m ON m.run_id = r.id WHERE r.id = ?',
    )
      .bind(job?.id)
      .first()
    expect(asked).toEqual({ mode: 'ask', user_id: org.userId, text: 'which incidents are open & why?' })
    await advance()
    expect(slackApp.posted).toEqual([])
    await answer(job?.id ?? '', 'None <!channel> is open.')
    await advance()
    await advance()
    expect(slackApp.posted).toEqual([
      {
        channel: 'C1',
        thread_ts: '7.1',
        text: 'None &lt;!channel&gt; is open.',
        unfurl_links: 'false',
      },
    ])
    expect(await jobs()).toMatchObject([{ state: 'SUCCESS' }])
  })

  it('goes on in one session a thread, one question at a time', async ({ expect }) => {
    const { team, jobs, advance } = await aWorkspace()
    await takeSlackEvent(ports, mention(team), 1)
    await advance()
    await takeSlackEvent(ports, mention(team, { ts: '7.2', thread_ts: '7.1', text: '<@U0> and then?' }), 2)
    await advance()
    const [first, second] = await jobs()
    const runs = async () => {
      const found = await env.DB.prepare('SELECT DISTINCT session_id FROM runs WHERE id IN (?, ?)')
        .bind(first?.id, second?.id)
        .all()
      return found.results.length
    }
    expect([await runs(), second?.state]).toEqual([1, 'PROGRESS'])
    await answer(first?.id ?? '', 'First.')
    await advance()
    expect(await runs()).toBe(1)
    const second_ = await env.DB.prepare('SELECT state FROM runs WHERE id = ?').bind(second?.id).first()
    expect(second_).not.toBeNull()
  })

  it('is told when there is no question, no answer, or nobody to answer', async ({ expect }) => {
    const { team, jobs, advance, org } = await aWorkspace()
    await takeSlackEvent(ports, mention(team, { text: '<@U0>  ' }), 1)
    await advance()
    expect(slackApp.posted[0]?.['text']).toMatch(/^Ask me something/)
    await takeSlackEvent(ports, mention(team, { bot_id: 'B1' }), 1)
    await takeSlackEvent(ports, mention('TUNKNOWN'), 1)
    expect(await jobs()).toHaveLength(1)
    await takeSlackEvent(ports, mention(team), 2)
    await advance()
    const asked = (await jobs()).find(({ state }) => state === 'PROGRESS')
    await answer(asked?.id ?? '', 'half', 'failed')
    await advance()
    expect(slackApp.posted[1]?.['text']).toMatch(/^I could not answer/)
    await env.DB.prepare('DELETE FROM users WHERE org_id = ?').bind(org.orgId).run()
    await takeSlackEvent(ports, mention(team), 3)
    await advance()
    expect((await jobs()).map(({ state }) => state).toSorted()).toEqual(['FAILURE', 'SUCCESS', 'SUCCESS'])
  })

  it('may use the shortcut on a message or a button, and nothing else starts work', async ({ expect }) => {
    const { team, jobs, advance } = await aWorkspace()
    const about = { team: { id: team }, channel: { id: 'C7' }, message: { ts: '8.1', text: 'Is it down?' } }
    const shortcut = { type: 'message_action', callback_id: 'ask_aurora', trigger_id: 't1', ...about }
    for (const _ of [1, 2]) await takeSlackInteraction(ports, shortcut, 1)
    await takeSlackInteraction(ports, { ...shortcut, callback_id: 'other', trigger_id: 't2' }, 1)
    await takeSlackInteraction(ports, { type: 'view_closed' }, 1)
    expect(await jobs()).toHaveLength(1)
    const actions = [{ action_id: 'ask_aurora', value: 'What changed?' }]
    await takeSlackInteraction(ports, { type: 'block_actions', trigger_id: 't3', actions, ...about }, 1)
    expect(await jobs()).toHaveLength(2)
    await advance()
    for (const { id } of await jobs()) await answer(id, 'Yes.')
    await advance()
    expect((await jobs()).map(({ state }) => state)).toContain('FAILURE')
    expect(slackApp.posted).toEqual([])
  })
})
