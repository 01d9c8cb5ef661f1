import { backgroundPorts } from '../../src/jobs/connectors'
import { advanceJob } from '../../src/services/connectors/advance-job'
import { openTenant } from '../../src/store/tenant-db'
/** What single tools do that others do not. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { fakes } from './fakes'
import { flyio } from './fakes/flyio'
import { gitlab } from './fakes/gitlab'
import { plugIn, type Network } from './fakes/network'
import { JSM, opsgenie } from './fakes/opsgenie'
import { scaleway } from './fakes/scaleway'
import { sentry } from './fakes/sentry'
import { tailscale } from './fakes/tailscale'
import { anOrgFor, captureLogs, databaseText, leaksIn } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('JSM Operations', () => {
  const form = {
    authType: 'jsm',
    email: JSM.email,
    apiToken: JSM.apiToken,
    siteUrl: 'example.atlassian.net/jira',
  }

  it('connects under the id of Opsgenie, and tells the site nothing', async ({ expect }) => {
    const { client } = await anOrgFor(opsgenie)
    const made = await client.post('/opsgenie/connect', form)
    expect(made.body).toEqual({
      success: true,
      authType: 'jsm_basic',
      siteUrl: 'https://example.atlassian.net',
      accountName: 'JSM Operations',
      validated: true,
    })
    const atSite = network.seen.filter(({ url }) => url.hostname === 'example.atlassian.net')
    expect(atSite.map(({ headers }) => headers.get('authorization'))).toEqual([null])
    expect(leaksIn(await databaseText(), [JSM.apiToken])).toEqual([])
  })

  it('takes no site but one of Atlassian', async ({ expect }) => {
    const { client } = await anOrgFor(opsgenie)
    for (const siteUrl of [
      'https://example.com',
      'http://example.atlassian.net',
      'https://example.atlassian.net.evil.example',
      'https://atlassian.net@evil.example',
      'https://example.atlassian.net:8443',
    ]) {
      const answer = await client.post('/opsgenie/connect', { ...form, siteUrl })
      expect([siteUrl, answer.status, answer.body.code]).toEqual([siteUrl, 400, 'egress_blocked'])
    }
    expect(network.seen).toEqual([])
  })
})

describe('Sentry', () => {
  it('hands its signing secret to the integration, which is made when there is none', async ({ expect }) => {
    const { org, client } = await anOrgFor(sentry)
    await client.post('/sentry/connect', sentry.form?.good)
    const [integration] = (await client.get('/api/integrations?source=sentry')).body.integrations
    expect(integration).toMatchObject({ source: 'sentry', name: 'default', enabled: true })
    const row = await env.DB.prepare('SELECT signing_secret FROM integrations WHERE id = ? AND org_id = ?')
      .bind(integration.id, org.orgId)
      .first<{ signing_secret: string | null }>()
    expect(row?.signing_secret).toMatch(/^v1\./)
  })

  it('says that webhooks are signed when the integration got its secret later', async ({ expect }) => {
    const { client } = await anOrgFor(sentry)
    const { webhookSecret, ...form } = { webhookSecret: '', ...sentry.form?.good }
    const made = await client.post('/sentry/connect', form)
    expect(made.body.hasWebhookSecret).toBe(false)
    const { body } = await client.post('/api/integrations', { source: 'sentry', name: 'Sentry' })
    const secret = await client.put(`/api/integrations/${body.integration.id}/signing-secret`, {
      secret: webhookSecret,
    })
    expect(secret.status).toBe(200)
    expect((await client.get('/sentry/status')).body.hasWebhookSecret).toBe(true)
  })

  it('lists projects and issues', async ({ expect }) => {
    const { client } = await anOrgFor(sentry)
    expect((await client.get('/sentry/projects')).body.code).toBe('not_connected')
    await client.post('/sentry/connect', sentry.form?.good)
    const { projects } = (await client.get('/sentry/projects')).body
    expect([projects.length, projects[0]]).toEqual([
      130,
      { id: '4500', slug: 'project-1', name: 'Project 1', platform: 'node', enabled: true },
    ])
    const found = await client.get('/sentry/issues?query=level%3Aerror&statsPeriod=1h')
    expect(found.body).toEqual({ issues: [{ id: '77', title: 'level:error 1h', count: '12' }] })
    expect((await client.get('/sentry/issues?statsPeriod=ever')).body.error).toBe('Invalid statsPeriod')
  })
})

describe('Fly.io', () => {
  it('says that its token is invalid when the vendor refuses it one day', async ({ expect }) => {
    const { org, client } = await anOrgFor(flyio)
    await client.post('/flyio_api/flyio/connect', flyio.form?.good)
    network.trouble = 'unauthorized'
    await env.DB.prepare('UPDATE connections SET checked_at = NULL WHERE org_id = ?').bind(org.orgId).run()
    const status = await client.get('/flyio_api/flyio/status?validate=true')
    expect(status.body).toEqual({ connected: false, reason: 'token_invalid' })
  })
})

describe('Scaleway', () => {
  const BASE = '/scaleway_api/scaleway'

  it('keeps the root project when others are switched off', async ({ expect }) => {
    const { client } = await anOrgFor(scaleway)
    const before = await client.get(`${BASE}/projects`)
    expect([before.status, before.body.action]).toEqual([401, 'CONNECT_REQUIRED'])
    await client.post(`${BASE}/connect`, scaleway.form?.good)
    expect((await client.get(`${BASE}/instances`)).body).toEqual({
      servers: [{ id: 's1', state: 'running' }],
    })
    expect((await client.get(`${BASE}/root-project`)).body).toEqual({
      projectId: null,
      hasRootProject: false,
    })
    const [first, second] = (await client.get(`${BASE}/projects`)).body.projects
    const rooted = await client.post(`${BASE}/root-project`, { projectId: first.projectId })
    expect(rooted.body).toEqual({
      success: true,
      projectId: first.projectId,
      message: 'Root project saved',
    })
    const saved = await client.post(`${BASE}/projects`, {
      projects: [{ projectId: second.projectId, enabled: false }],
    })
    expect(saved.body).toEqual({ success: true, message: 'Projects saved' })
    const { projects } = (await client.get(`${BASE}/projects`)).body
    expect([projects.length, projects[0], projects[1]]).toEqual([
      120,
      { ...first, enabled: true, isRootProject: true },
      { ...second, enabled: false, isRootProject: false },
    ])
    const missing = await client.post(`${BASE}/root-project`, {})
    expect([missing.status, missing.body.error]).toEqual([400, 'projectId is required'])
  })
})

describe('GitLab', () => {
  it('lists every project of the token', async ({ expect }) => {
    const { client } = await anOrgFor(gitlab)
    await client.post('/gitlab/connect', gitlab.form?.good)
    const { repositories } = (await client.get('/gitlab/repo-selections')).body
    expect([repositories.length, repositories[129]]).toEqual([
      130,
      {
        repo_full_name: 'example/service-130',
        repo_id: 130,
        default_branch: 'main',
        is_private: null,
        repo_data: {},
        enabled: true,
        metadata_summary: null,
        metadata_status: null,
        created_at: null,
        installation_id: null,
        auth_method: 'api_key',
        change_gating_enabled: false,
      },
    ])
  })

  it('keeps what was written about a project, by people or out of its front page', async ({ expect }) => {
    const { client, org } = await anOrgFor(gitlab)
    const path = `/gitlab/repo-selections/${encodeURIComponent('example/service-1')}/metadata`
    const written = { metadata_summary: 'The shop' }
    expect((await client.put(path, written)).body.code).toBe('not_connected')
    await client.post('/gitlab/connect', gitlab.form?.good)
    expect((await client.put(path, written)).body).toEqual({ message: 'Repository metadata updated' })
    const first = async () => (await client.get('/gitlab/repo-selections')).body.repositories[0]
    expect(await first()).toMatchObject({
      metadata_summary: 'The shop',
      metadata_status: 'ready',
      is_private: true,
    })
    const unknown = await client.put(path.replace('service-1', 'none'), written)
    expect([unknown.status, unknown.body.error]).toEqual([404, 'Repository not found'])
    const generate = (name: unknown) =>
      client.post('/gitlab/repo-metadata/generate', { repo_full_name: name })
    expect((await generate('../x')).body.error).toBe('Invalid repository identifier')
    expect((await generate('example/service-1')).body).toEqual({ message: 'Metadata generation started' })
    expect((await first()).metadata_status).toBe('generating')
    const job = await env.DB.prepare(
      "SELECT id FROM connector_jobs WHERE org_id = ? AND kind = 'repo_metadata'",
    )
      .bind(org.orgId)
      .first<{ id: string }>()
    await advanceJob(openTenant(env.DB, org.orgId), backgroundPorts(env), job?.id ?? '')
    expect(await first()).toMatchObject({
      metadata_status: 'ready',
      metadata_summary:
        'example/service-1\nLanguages: Go, Shell.\nTopics: shop.\nDefault branch: main.\nThe service that every checkout goes through, day and night.',
    })
  })

  it('follows no cursor away from its projects', async ({ expect }) => {
    const { client } = await anOrgFor(gitlab)
    await client.post('/gitlab/connect', gitlab.form?.good)
    for (const cursor of ['/gitlab/api/v4/user', 'https://evil.example/', '//evil.example/x', '/other']) {
      const path = `/api/connectors/gitlab/resources?cursor=${encodeURIComponent(cursor)}`
      expect([cursor, (await client.get(path)).body.code]).toEqual([cursor, 'egress_blocked'])
    }
    expect(network.strays).toEqual([])
  })
})

describe('Tailscale', () => {
  const BASE = '/tailscale_api/tailscale'

  it('shows its tailnet and passes the lists of the vendor on', async ({ expect }) => {
    const { client } = await anOrgFor(tailscale)
    const before = await client.get(`${BASE}/devices`)
    expect([before.status, before.body.code]).toEqual([401, 'not_connected'])
    await client.post(`${BASE}/connect`, tailscale.form?.good)
    expect((await client.get(`${BASE}/devices`)).body.devices).toHaveLength(120)
    const refused = await client.get(`${BASE}/acl`)
    expect([refused.status, refused.body.code]).toEqual([404, 'not_found'])
    expect((await client.get(`${BASE}/root-tailnet`)).body).toEqual({
      tailnetId: null,
      hasRootTailnet: false,
    })
    const tailnetId = 'tail1234.ts.net'
    const rooted = await client.post(`${BASE}/root-tailnet`, { tailnetId })
    expect(rooted.body).toEqual({ success: true, tailnetId, message: 'Root tailnet saved' })
    expect((await client.get(`${BASE}/tailnets`)).body).toEqual({
      tailnets: [{ id: tailnetId, name: tailnetId, deviceCount: 120, enabled: true, isRootTailnet: true }],
    })
    expect((await client.post(`${BASE}/tailnets`, { tailnets: 'all' })).body.error).toBe(
      'tailnets must be a list',
    )
    const off = { tailnets: [{ id: tailnetId, enabled: false }] }
    expect((await client.post(`${BASE}/tailnets`, off)).body).toEqual({
      success: true,
      message: 'Tailnets saved',
    })
    expect((await client.get(`${BASE}/tailnets`)).body.tailnets[0]).toMatchObject({
      enabled: false,
      isRootTailnet: true,
    })
    const refreshed = (await client.post(`${BASE}/refresh-token`)).body
    expect(Date.parse(refreshed.expiresAt)).toBeGreaterThan(Date.now())
    expect((await client.get(`${BASE}/routes`)).body.devices).toHaveLength(120)
    expect((await client.get(`${BASE}/devices/d1`)).body).toMatchObject({ advertisedRoutes: ['10.0.0.0/8'] })
    expect((await client.get(`${BASE}/devices/..%2facl`)).status).toBe(400)
    expect((await client.get(`${BASE}/devices/none`)).status).toBe(404)
  })
})
