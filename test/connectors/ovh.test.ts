import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { apiWith } from '../support/api'
import { fakes } from './fakes'
import { plugIn, type Network } from './fakes/network'
import { ovh } from './fakes/ovh'
import { anOrgFor, captureLogs, connect, errorOf, variablesOf, type Client } from './support'

const BASE = '/ovh_api/ovh'
let network: Network

beforeEach(() => {
  captureLogs()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

async function consented(client: Client) {
  const { body } = await client.post(`${BASE}/oauth2/initiate`, { endpoint: 'ovh-eu' })
  return { code: ovh.oauth?.consent(new URL(body.authorizationUrl)) ?? '', state: body.state }
}

describe('the login at OVHcloud', () => {
  it('begins in a region that is configured', async ({ expect }) => {
    const { client } = await anOrgFor(ovh)
    const say = async (form: object) => errorOf(await client.post(`${BASE}/oauth2/initiate`, form))
    const names = 'ovh-eu, ovh-us, ovh-ca'
    expect(errorOf(await client.post(`${BASE}/oauth2/refresh`))).toEqual([
      404,
      'not_found',
      'No OVH credentials found',
    ])
    expect(await say({})).toEqual([400, 'validation_failed', `Missing endpoint. Must be one of: ${names}`])
    expect((await say({ endpoint: 'ovh-mars' }))[2]).toMatch(/^Invalid endpoint/)
    expect(await say({ endpoint: 'ovh-us' })).toEqual([
      503,
      'provider_not_configured',
      'OAuth2 not configured for ovh-us',
    ])
  })

  it('ends with a redirect, or with the JSON of a page that posts', async ({ expect }) => {
    const { client } = await anOrgFor(ovh)
    const pages = apiWith({ ...variablesOf(ovh), FRONTEND_URL: 'https://app.example' })
    const failed = async (search: string) =>
      (await pages.get(`${BASE}/oauth2/callback?${search}`)).headers.get('location')
    const page = 'https://app.example/ovh/onboarding?error='
    expect(await failed('')).toBe(`${page}missing_params`)
    expect(await failed('code=x&state=y')).toBe(`${page}invalid_state`)
    const { state } = await consented(client)
    expect(await failed(`error=access_denied&state=${state}`)).toBe(`${page}access_denied`)
    const posted = await consented(client)
    const done = await client.post(`${BASE}/oauth2/callback`, posted)
    expect(done.body).toMatchObject({ status: 'success', endpoint: 'ovh-eu', hasRefreshToken: true })
    expect(done.body.expiresIn).toBeGreaterThan(0)
    const refreshed = await client.post(`${BASE}/oauth2/refresh`)
    expect(refreshed.body).toEqual({ status: 'success', expiresIn: expect.any(Number) })
    expect(refreshed.body.expiresIn).toBeGreaterThan(60)
    expect(errorOf(await client.post(`${BASE}/oauth2/callback`, posted))).toEqual([
      400,
      'oauth_state_invalid',
      'Invalid or expired state token',
    ])
    expect(errorOf(await client.post(`${BASE}/oauth2/callback`, { code: 'x' }))[2]).toBe(
      'Missing code or state parameter',
    )
    expect((await client.get(`${BASE}/status`)).body).toEqual({
      connected: true,
      endpoint: 'ovh-eu',
      hasProjects: true,
    })
    expect((await client.post(`${BASE}/disconnect`, {})).body).toMatchObject({
      success: true,
      status: 'disconnected',
    })
    expect((await client.post(`${BASE}/disconnect`, {})).body).toMatchObject({ status: 'disconnected' })
    expect(network.strays).toEqual([])
  })
})

describe('the projects of OVHcloud', () => {
  it('are listed with what was chosen, and one that may not be read says so', async ({ expect }) => {
    const { client } = await anOrgFor(ovh)
    const bare = await client.get(`${BASE}/projects`)
    expect([bare.status, bare.body.action]).toEqual([401, 'CONNECT_REQUIRED'])
    await connect(ovh, client)
    const say = async (path: string, form: object) => errorOf(await client.post(`${BASE}/${path}`, form))
    expect(await say('projects', {})).toEqual([400, 'validation_failed', 'No projects provided'])
    expect(await say('root-project', {})).toEqual([400, 'validation_failed', 'projectId is required'])
    expect((await client.post(`${BASE}/root-project`, { projectId: 'p1' })).body).toMatchObject({
      success: true,
      root_project: 'p1',
    })
    const choice = { projects: ['p1', { projectId: 'p3', enabled: false }] }
    expect((await client.post(`${BASE}/projects`, choice)).body).toMatchObject({ success: true })
    const { projects, root_project } = (await client.get(`${BASE}/projects`)).body
    expect(root_project).toBe('p1')
    expect(projects).toHaveLength(25)
    expect(projects.slice(0, 3)).toEqual([
      { projectId: 'p1', name: 'Project p1', hasPermission: true, enabled: true, isRootProject: true },
      { projectId: 'p2', name: 'p2', hasPermission: false, enabled: true, isRootProject: false },
      { projectId: 'p3', name: 'Project p3', hasPermission: true, enabled: false, isRootProject: false },
    ])
  })

  it('show their machines, and nothing is granted by us', async ({ expect }) => {
    const { client } = await anOrgFor(ovh)
    await connect(ovh, client)
    expect((await client.get(`${BASE}/instances`)).body).toEqual({
      instances: [
        {
          id: 'i1',
          name: 'web',
          status: 'ACTIVE',
          ipAddresses: ['203.0.113.7'],
          region: 'GRA11',
          projectId: 'p1',
          imageName: 'Debian 13',
          sshConfig: false,
        },
      ],
    })
    expect((await client.get(`${BASE}/onboarding/validate`)).body).toMatchObject({
      permission: 'ok',
      projectId: 'p1',
    })
    const grant = (projectId?: string) => client.post(`${BASE}/onboarding/grant-access`, { projectId })
    expect((await grant('p1')).body).toEqual({ success: true, message: 'Access already granted' })
    const refused = await grant('p2')
    expect([refused.status, refused.body.success, refused.body.manualSteps.length]).toEqual([403, false, 2])
    expect((await grant()).body.error).toBe('Missing projectId')
    expect(
      network.seen.filter(({ method, url }) => method !== 'GET' && url.hostname === 'eu.api.ovh.com'),
    ).toEqual([])
  })
})
