import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { gcp } from '../../src/connectors/gcp'
import { beginLogin } from '../../src/services/connectors/begin-login'
import { completeLogin } from '../../src/services/connectors/complete-login'
import type { Browser } from '../../src/services/connectors/login'
import { disconnect } from '../../src/services/connectors/disconnect'
import { advanceJob } from '../../src/services/connectors/advance-job'
import { readJob } from '../../src/services/connectors/read-job'
import { askVendor } from '../../src/services/connectors/operations'
import { retrySetup } from '../../src/services/connectors/gcp-projects'
import { listConnections } from '../../src/services/connectors/status'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { deploymentOf, someone } from './deployment'
import { aGoogle, EMAIL, GOOGLE_VARIABLES, gcp as fake, keyJson, projects, strangersKey } from './fakes/gcp'
import { plugIn, type Network } from './fakes/network'
import { databaseText, leaksIn } from './support'

const uniform = { style: 'uniform', redirectAfter: null, products: [], note: null } as const

/** A completed login of somebody, at a Google with these projects. */
async function loggedIn(google: ReturnType<typeof aGoogle>) {
  const { ports, jobs } = deploymentOf(gcp, google.http, GOOGLE_VARIABLES)
  const ctx = await someone()
  const login = async (wrong: Parameters<typeof google.consent>[1] = {}) => {
    const begun = await beginLogin(ctx, ports, gcp, { origin: uniform })
    const url = new URL(begun.authorizationUrl)
    const browser: Browser = { cookie: () => begun.binding.value, session: async () => null, poster: null }
    const callback = {
      code: google.consent(url, wrong),
      state: url.searchParams.get('state'),
      error: null,
      issuer: 'https://accounts.google.com',
    }
    return completeLogin(ports, gcp, callback, browser, Date.now())
  }
  /** Runs the job as the queue would, until it is over. */
  const finish = async (jobId: string) => {
    for (let count = 0; count < 60; count++) {
      await advanceJob(ctx.db, ports, jobId)
      const job = await readJob(ctx, ports, jobId)
      if (job.state === 'SUCCESS' || job.state === 'FAILURE') return job
    }
    throw new Error('the job does not end')
  }
  const result = await login()
  if (result.kind !== 'connected' || result.jobId === null) throw new Error(`not connected: ${result.kind}`)
  return { ports, jobs, ctx, login, finish, connection: result.connection, jobId: result.jobId, google }
}

describe('a login at Google', () => {
  it('keeps nothing but the refresh token, sealed, and says who it is', async ({ expect }) => {
    const { google, connection } = await loggedIn(aGoogle(projects(2)))
    expect(connection).toMatchObject({
      accountId: google.sub,
      accountName: 'dana@example.com',
      status: 'connected',
    })
    expect(connection.publicJson).toMatchObject({ authType: 'oauth', email: 'dana@example.com' })
    const secrets = [...google.refreshTokens, ...google.accessTokens]
    expect(secrets).toHaveLength(2)
    expect(leaksIn(await databaseText(), secrets)).toEqual([])
  })

  it('needs the cloud scope, and a refresh token unless it has one', async ({ expect }) => {
    const { login, ctx, google } = await loggedIn(aGoogle(projects(2)))
    expect(await login({ scope: 'openid' })).toMatchObject({ kind: 'failed', reason: 'scope_missing' })
    expect(await login({ noRefresh: true })).toMatchObject({ kind: 'connected' })
    expect(google.refreshTokens.size).toBe(2)
    expect(await listConnections(ctx)).toMatchObject([{ status: 'connected' }])
  })

  it('is connected with no project at all', async ({ expect }) => {
    const { finish, jobId, ctx } = await loggedIn(aGoogle([]))
    expect((await finish(jobId)).resultJson).toEqual({
      status: 'FAILED',
      redirect_params: 'login=gcp_no_projects',
    })
    expect(await listConnections(ctx)).toMatchObject([{ status: 'connected' }])
  })

  it('whose grant was revoked at Google is expired, and kept', async ({ expect }) => {
    const { google, ports, ctx, connection } = await loggedIn(aGoogle(projects(1)))
    google.refreshTokens.clear()
    const ask = () => askVendor(ctx.db, ports, connection, 'list_time_series', window)
    expect(await ask()).toEqual({ kind: 'expired' })
    const { tokens } = google.counts
    expect(await ask()).toEqual({ kind: 'expired' })
    // A dead grant is not asked for again.
    expect(google.counts.tokens).toBe(tokens)
    expect(await listConnections(ctx)).toMatchObject([{ status: 'error', statusReason: 'expired' }])
  })
})

const window = {
  projectId: 'project-001',
  filter: 'severity>=ERROR',
  from: '2026-01-01T09:00:00Z',
  to: '2026-01-01T10:00:00Z',
}

describe('the setup job', () => {
  it('chooses what is billed, a root by name, and verifies each', async ({ expect }) => {
    const unbilled = projects(1, { projectId: 'no-billing', name: 'A first', billed: false })
    const { finish, jobId, jobs, ctx, connection } = await loggedIn(aGoogle([...projects(3), ...unbilled]))
    const job = await finish(jobId)
    expect(job.resultJson).toEqual({
      status: 'SUCCESS',
      redirect_params: 'login=gcp_success',
      propagation_status: 'FULL',
      verified_projects: 3,
      total_projects: 3,
      projects_configured: 3,
      apis_enabled: 0,
    })
    expect(jobs.every((id) => id === jobId)).toBe(true)
    const rows = await env.DB.prepare(
      'SELECT resource_id, enabled, is_root FROM connection_selections WHERE connection_id = ? ORDER BY resource_id',
    )
      .bind(connection.id)
      .all()
    expect(rows.results).toEqual([
      { resource_id: 'project-001', enabled: 1, is_root: 1 },
      { resource_id: 'project-002', enabled: 1, is_root: 0 },
      { resource_id: 'project-003', enabled: 1, is_root: 0 },
    ])
    expect((await listConnections(ctx))[0]?.publicJson).toMatchObject({ defaultProjectId: 'project-001' })
  })

  it('says so when nothing is billed, and when not everything can be read', async ({ expect }) => {
    const unbilled = await loggedIn(aGoogle(projects(2, { billed: false })))
    expect((await unbilled.finish(unbilled.jobId)).resultJson).toMatchObject({
      redirect_params: 'login=gcp_failed_billing',
    })
    const unreadable = await loggedIn(aGoogle(projects(2, { readable: false })))
    expect((await unreadable.finish(unreadable.jobId)).resultJson).toMatchObject({
      propagation_status: 'PARTIAL',
      verified_projects: 0,
    })
  })

  it('asks for a choice among many, and goes on with it', async ({ expect }) => {
    const { finish, jobId, ctx, ports, connection } = await loggedIn(aGoogle(projects(7)))
    const job = await finish(jobId)
    expect(job.resultJson).toMatchObject({ status: 'needs_selection', count: 7 })
    await expect(
      retrySetup(ctx, ports, { selected_project_ids: ['of-somebody-else'] }),
    ).rejects.toMatchObject({
      code: 'validation_failed',
    })
    const again = await retrySetup(ctx, ports, { selected_project_ids: ['project-004', 'project-002'] })
    expect((await finish(again)).resultJson).toMatchObject({ status: 'SUCCESS', projects_configured: 2 })
    const enabled = await env.DB.prepare(
      'SELECT count(*) AS total, sum(enabled) AS enabled FROM connection_selections WHERE connection_id = ?',
    )
      .bind(connection.id)
      .first()
    expect(enabled).toEqual({ total: 7, enabled: 2 })
  })

  it('goes on after a crash between any two steps, and a repeated message changes nothing', async ({
    expect,
  }) => {
    const { ctx, ports, jobId, finish } = await loggedIn(aGoogle(projects(2)))
    await advanceJob(ctx.db, ports, jobId)
    await Promise.all([advanceJob(ctx.db, ports, jobId), advanceJob(ctx.db, ports, jobId)])
    expect((await finish(jobId)).resultJson).toMatchObject({ status: 'SUCCESS', verified_projects: 2 })
    expect(await advanceJob(ctx.db, ports, jobId)).toEqual({ kind: 'done' })
  })
})

describe('a disconnect', () => {
  it('revokes the grant, and leaves it where another organisation shares it', async ({ expect }) => {
    const google = aGoogle(projects(1))
    const first = await loggedIn(google)
    const second = await loggedIn(google)
    const kept = await disconnect(first.ctx, first.ports, gcp, null)
    expect(kept).toMatchObject({ revocation: 'kept', hint: expect.any(String) })
    expect(google.revoked).toEqual([])
    expect(await disconnect(second.ctx, second.ports, gcp, null)).toMatchObject({
      revocation: 'revoked',
      hint: null,
    })
    expect(google.revoked).toHaveLength(1)
  })
})

describe('a question of an investigation', () => {
  it('is sent as Cloud Logging wants it, and refused before it is sent when it does not fit', async ({
    expect,
  }) => {
    const { ctx, ports, connection } = await loggedIn(aGoogle(projects(1)))
    const { filter, ...rest } = window
    const answer = await askVendor(ctx.db, ports, connection, 'list_log_entries', {
      ...rest,
      filter,
      limit: 7,
    })
    expect(answer).toMatchObject({
      kind: 'ok',
      value: {
        data: {
          entries: [
            {
              asked: {
                resourceNames: ['projects/project-001'],
                filter: `(${filter}) AND timestamp>="${window.from}" AND timestamp<="${window.to}"`,
                orderBy: 'timestamp desc',
                pageSize: 7,
              },
            },
          ],
        },
      },
    })
    for (const args of [{ ...window, projectId: '../x' }, { ...window, unknown: 1 }, {}])
      expect(await askVendor(ctx.db, ports, connection, 'list_log_entries', args)).toMatchObject({
        kind: 'invalid_arguments',
      })
  })
})

describe('the paths of the original product', () => {
  let network: Network
  let google: ReturnType<typeof aGoogle>

  beforeEach(() => {
    google = aGoogle(projects(3))
    network = plugIn([{ ...fake, answer: google.answer }])
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const deployed = async (role: 'editor' | 'viewer' = 'editor') => {
    const org = await anOrg()
    const member = await org.member(role)
    const variables = { ...UNLIMITED, ...GOOGLE_VARIABLES, FRONTEND_URL: 'https://app.example' }
    return { org, browser: apiWith(variables), client: apiWith(variables, bearer(member.token)) }
  }

  it('begin with exactly these parameters', async ({ expect }) => {
    const { client } = await deployed()
    const answer = await client.post('/login', {})
    const url = new URL(answer.body.login_url)
    expect(url.origin + url.pathname).toBe('https://accounts.google.com/o/oauth2/v2/auth')
    expect(Array.from(url.searchParams.keys())).toEqual([
      'response_type',
      'client_id',
      'redirect_uri',
      'scope',
      'access_type',
      'prompt',
      'state',
      'nonce',
      'code_challenge',
      'code_challenge_method',
    ])
    expect(url.searchParams.get('redirect_uri')).toBe('http://aurora.test/callback')
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-aurora_oauth_[0-9a-f]{8}=[\w-]{22}; HttpOnly; Secure; SameSite=Lax/,
    )
    expect((await client.post('/gcp/login', { userId: crypto.randomUUID() })).body.code).toBe(
      'identity_mismatch',
    )
    expect((await (await deployed('viewer')).client.post('/login', {})).status).toBe(403)
    const bare = apiWith({}, bearer((await anOrg()).token))
    expect((await bare.post('/login', {})).body.code).toBe('provider_not_configured')
  })

  const begin = async () => {
    const { client, browser, ...rest } = await deployed()
    const begun = await client.post('/login')
    const url = new URL(begun.body.login_url)
    const cookie = (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    const code = google.consent(url)
    return { client, browser, cookie, code, state: url.searchParams.get('state') ?? '', ...rest }
  }
  const whereTo = (answer: { readonly headers: Headers }) =>
    new URL(answer.headers.get('location') ?? 'http://none')

  it.for(['/callback', '/gcp/callback', '/api/auth/gcp/callback', '/api/connectors/gcp/callback'])(
    'come back by way of %s with a task',
    async (path, { expect }) => {
      const { client, browser, cookie, code, state } = await begin()
      const answer = await browser.get(`${path}?${new URLSearchParams({ code, state }).toString()}`, {
        cookie,
      })
      expect(answer.status).toBe(302)
      if (path.startsWith('/api/connectors')) return
      const to = whereTo(answer)
      expect(to.origin + to.pathname).toBe('https://app.example/chat')
      expect(to.searchParams.get('login')).toBe('gcp_setup_pending')
      const task = to.searchParams.get('task_id') ?? ''
      expect((await client.get(`/gcp/setup/status/${task}`)).status).toBe(200)
      expect((await client.get('/gcp/status')).body).toMatchObject({
        connected: true,
        status: 'connected',
        email: 'dana@example.com',
        authType: 'oauth',
        expiresAt: null,
      })
    },
  )

  it('take a posted form, whose browser is proved by its claim only', async ({ expect }) => {
    const { client, browser, code, state, org } = await begin()
    const answer = await browser.fetch('/callback', {
      method: 'POST',
      body: new URLSearchParams({ code, state }),
      redirect: 'manual',
    })
    const task = whereTo(answer).searchParams.get('task_id') ?? ''
    expect((await client.get('/gcp/status')).body).toMatchObject({ connected: false })
    const colleague = await org.member('editor')
    const theirs = apiWith({ ...UNLIMITED, ...GOOGLE_VARIABLES }, bearer(colleague.token))
    const refused = await theirs.get(`/gcp/setup/status/${task}`)
    expect([refused.status, refused.body.error]).toEqual([404, 'Task not found'])
    const claimed = await client.get(`/gcp/setup/status/${task}`)
    expect([claimed.status, claimed.body.status]).toEqual([
      200,
      expect.stringMatching(/GCP setup|projects|Setup completed/),
    ])
    expect((await client.get('/gcp/status')).body).toMatchObject({ connected: true })
    const job = await env.DB.prepare('SELECT connection_id FROM connector_jobs WHERE id = ?')
      .bind(task)
      .first()
    expect(job?.['connection_id']).toBeTypeOf('string')
  })

  it('say what went wrong', async ({ expect }) => {
    const { browser, cookie, code, state } = await begin()
    const missing = await browser.get('/callback?state=x')
    expect([missing.status, missing.body.error]).toEqual([400, 'Authorization code not provided'])
    const stateless = await browser.get('/callback?code=x')
    expect([stateless.status, stateless.body.error]).toEqual([400, 'Missing state parameter'])
    const reasonOf = async (search: Record<string, string>) =>
      whereTo(await browser.get(`/callback?${new URLSearchParams(search).toString()}`, { cookie })).search
    expect(await reasonOf({ code, state: 'made-up' })).toBe('?login=gcp_failed&reason=invalid_state')
    expect(await reasonOf({ error: 'access_denied', state })).toBe('?login=failed&reason=access_denied')
    expect(await reasonOf({ code, state })).toBe('?login=gcp_failed&reason=invalid_state')
    const other = await begin()
    const refused = await other.browser.get(`/callback?code=made-up&state=${other.state}`, {
      cookie: other.cookie,
    })
    expect(whereTo(refused).search).toBe('?login=failed&reason=exchange_failed')
    const third = await begin()
    network.trouble = 'gone'
    const down = await third.browser.get(
      `/callback?${new URLSearchParams({ code: third.code, state: third.state }).toString()}`,
      { cookie: third.cookie },
    )
    expect(whereTo(down).search).toBe('?login=gcp_failed&reason=upstream_error')
  })

  const connectKey = (client: ReturnType<typeof apiWith>, service_account_json: unknown) =>
    client.post('/api/gcp/service-account/connect', { service_account_json })

  it.for([
    [7, "Missing 'service_account_json' field or value is not a string"],
    ['{', 'Uploaded file is not valid JSON'],
    ['[]', 'Service account JSON must be a JSON object'],
    ['{}', "Service account JSON must have 'type' field equal to 'service_account'"],
    [keyJson({ project_id: '' }), "Missing required field 'project_id' in service account JSON"],
    [keyJson({ private_key: 1 }), "Missing required field 'private_key' in service account JSON"],
    [keyJson({ client_email: null }), "Missing required field 'client_email' in service account JSON"],
    [keyJson({ token_uri: undefined }), "Missing required field 'token_uri' in service account JSON"],
    [keyJson({ private_key: 'x' }), 'Service account key is malformed'],
    [strangersKey, 'Google rejected the service account key'],
  ] as const)('refuse a key that is wrong (%#)', async ([given, error], { expect }) => {
    const { client } = await deployed()
    const answer = await connectKey(client, given)
    expect([answer.status, answer.body.error]).toEqual([400, error])
    expect(network.strays).toEqual([])
  })

  it('refuse a key that sees nothing, and connect one that sees a project', async ({ expect }) => {
    const { client } = await deployed()
    expect((await connectKey(client, keyJson())).body).toEqual({
      success: true,
      email: EMAIL,
      default_project_id: 'demo-project',
      accessible_projects: projects(3).map(({ projectId, name }) => ({ project_id: projectId, name })),
    })
    expect((await client.get('/api/connectors/status')).body.connectors.gcp).toEqual({
      connected: true,
      authType: 'service_account',
      clientEmail: EMAIL,
      defaultProjectId: 'demo-project',
    })
    vi.restoreAllMocks()
    plugIn([{ ...fake, answer: aGoogle([]).answer }])
    const blind = await connectKey((await deployed()).client, keyJson())
    expect([blind.status, blind.body.error]).toEqual([
      400,
      'The uploaded service account has no accessible GCP projects.',
    ])
    // The uploaded address of a token endpoint is never called.
    expect(network.strays).toEqual([])
  })

  it('list projects, choose them and a root', async ({ expect }) => {
    const { client } = await deployed()
    const none = await client.post('/api/gcp/projects', {})
    expect([none.status, none.body]).toMatchObject([
      401,
      { error: 'No GCP credentials found. Please authenticate with GCP.', action: 'CONNECT_REQUIRED' },
    ])
    await connectKey(client, keyJson())
    expect((await client.post('/api/gcp/projects', {})).body).toMatchObject({
      count: 3,
      billing_enabled_count: 3,
      root_project: null,
      projects: [
        { projectId: 'project-001', billingEnabled: true, available: true, isRootProject: false },
        {},
        {},
      ],
    })
    const root = await client.post('/api/gcp/root-project', { project_id: 'project-002' })
    expect([root.status, root.body]).toMatchObject([
      202,
      {
        success: true,
        preference_saved: true,
        service_account_setup: 'pending',
        root_project: 'project-002',
      },
    ])
    const refused = await client.post('/api/gcp/root-project', { project_id: 'nobodys' })
    expect([refused.status, refused.body.error]).toEqual([
      400,
      'Project cannot be used as root: it does not exist or cannot be read',
    ])
    expect((await client.post('/api/gcp/root-project', {})).body.error).toBe('Missing project_id')
    const chosen = await client.post('/api/gcp/sa-project-access', {
      projects: [{ projectId: 'project-003', enabled: false }],
    })
    expect(chosen.body).toEqual({ success: true })
    expect((await client.post('/api/gcp/sa-project-access', {})).body.error).toBe('projects required')
    expect((await client.get('/api/gcp/sa-project-access')).body).toEqual({
      root_project: 'project-002',
      projects: projects(3).map(({ projectId, name }) => ({
        projectId,
        name,
        enabled: projectId !== 'project-003',
        hasPermission: true,
        isRootProject: projectId === 'project-002',
      })),
    })
    expect((await client.get('/api/gcp/root-project')).body).toEqual({
      root_project: 'project-002',
      service_accounts: null,
    })
    expect((await client.post('/billing', {})).body).toEqual({ message: 'Billing successful' })
  })

  it('refuse a retry that is none', async ({ expect }) => {
    const { client } = await deployed()
    const errorOf = async (selected_project_ids: unknown) =>
      (await client.post('/gcp/post-auth-retry', { selected_project_ids })).body.error
    expect(await errorOf('x')).toBe('selected_project_ids must be a list')
    expect(await errorOf([])).toBe('Must select 1-5 projects')
    expect(await errorOf(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('Must select 1-5 projects')
    expect(await errorOf(['a', ' '])).toBe('All project IDs must be non-empty strings')
    expect(await errorOf(['a'])).toBe('No GCP credentials found. Please authenticate with GCP.')
  })

  it('disconnect by force, also when nothing was connected', async ({ expect }) => {
    const { client, browser, cookie, code, state } = await begin()
    await browser.get(`/callback?${new URLSearchParams({ code, state }).toString()}`, { cookie })
    const ended = await client.post('/api/gcp/force-disconnect', {})
    expect(ended.body).toEqual({
      success: true,
      message: 'GCP disconnected successfully',
      disconnected: [google.sub],
      revocation: 'revoked',
    })
    expect((await client.post('/api/gcp/force-disconnect')).body).toMatchObject({
      success: true,
      disconnected: [],
    })
    expect((await client.get('/gcp/status')).body).toEqual({
      connected: false,
      status: 'not_connected',
      email: null,
      authType: null,
      defaultProjectId: null,
      rootProject: null,
      expiresAt: null,
    })
  })
})
