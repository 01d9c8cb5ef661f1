import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { env } from 'cloudflare:workers'
import { backgroundPorts } from '../../src/jobs/connectors'
import { askVendor } from '../../src/services/connectors/operations'
import { connectionById } from '../../src/store/connections'
import { openTenant } from '../../src/store/tenant-db'
import { fakes } from './fakes'
import { cloudbees } from './fakes/cloudbees'
import { jenkins } from './fakes/jenkins'
import { plugIn, type Network } from './fakes/network'
import { spinnaker } from './fakes/spinnaker'
import { anOrgFor, captureLogs, connect, storedConnection } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const said = ({ status, body }: { status: number; body: { error: string; code: string } }) => [
  status,
  body.code,
  body.error,
]

describe('Jenkins', () => {
  const server = { version: '2.555.1', mode: 'NORMAL' }
  const shown = { baseUrl: 'https://jenkins.example.com/ci', username: 'aurora', server }

  it('is connected on its older path, where the page of a copied address is cut off', async ({ expect }) => {
    const { client } = await anOrgFor(jenkins)
    expect((await client.get('/jenkins/status')).body).toEqual({ connected: false })
    const { apiToken, ...rest } = { apiToken: '', ...jenkins.form?.good }
    const made = await client.post('/jenkins/connect', { ...rest, token: apiToken })
    expect(made.body).toEqual({ success: true, ...shown })
    expect((await client.get('/jenkins/status')).body).toEqual({
      connected: true,
      ...shown,
      validatedAt: expect.any(String),
    })
    expect((await client.get('/jenkins/status?full=true')).body.summary).toEqual({
      jobCount: 130,
      jobHealth: { healthy: 33, failing: 33, never_built: 32, unknown: 32 },
      queueSize: 2,
      nodesOnline: 2,
      nodesOffline: 1,
      totalExecutors: 6,
      busyExecutors: 2,
    })
    expect((await client.delete('/jenkins/disconnect')).body).toMatchObject({
      success: true,
      message: 'Jenkins disconnected successfully',
    })
    expect(network.strays).toEqual([])
  })

  it('is not fooled by a controller that lets anybody read, and says what is missing', async ({ expect }) => {
    const { client } = await anOrgFor(jenkins)
    expect(said(await client.post('/jenkins/connect', jenkins.form?.refused))).toEqual([
      400,
      'credential_refused',
      'Jenkins refused the user or API token',
    ])
    const form = { baseUrl: 'https://jenkins.example.com', username: 'u', apiToken: 't' }
    const without = async (name: string) =>
      said(await client.post('/jenkins/connect', { ...form, [name]: undefined }))[2]
    expect([await without('baseUrl'), await without('username'), await without('apiToken')]).toEqual([
      'Jenkins URL is required',
      'Username is required',
      'API token is required',
    ])
    const local = await client.post('/jenkins/connect', { ...form, baseUrl: 'https://10.0.0.1:8080' })
    expect(said(local)[1]).toBe('egress_blocked')
  })

  it('is asked for the end of a log, whose job may stand in folders', async ({ expect }) => {
    const { client, org } = await anOrgFor(jenkins)
    await connect(jenkins, client)
    const db = openTenant(env.DB, org.orgId)
    const [row] = await connectionById(db, (await storedConnection(org, 'jenkins'))?.id ?? '')
    if (row === undefined) throw new Error('no connection')
    const ask = (args: object) => askVendor(db, backgroundPorts(env), row, 'get_build_log', args)
    const log = await ask({ job: 'team/checkout', build: 'lastBuild', bytes: 1000 })
    expect(log).toMatchObject({ kind: 'ok', value: { data: expect.stringMatching(/^x{988}BUILD FAILED$/) } })
    for (const job of ['../script', 'a//b', ''])
      expect((await ask({ job, build: 1 })).kind).toBe('invalid_arguments')
    expect((await ask({ job: 'nowhere', build: 3 })).kind).toBe('not_found')
  })
})

describe('CloudBees', () => {
  it('shows the controllers of its operations center', async ({ expect }) => {
    const { client } = await anOrgFor(cloudbees)
    expect((await client.get('/cloudbees/controllers')).status).toBe(404)
    await connect(cloudbees, client)
    expect((await client.get('/cloudbees/status')).body).toMatchObject({
      connected: true,
      username: 'aurora',
    })
    const { controllers } = (await client.get('/cloudbees/fleet/controllers')).body
    expect(controllers).toMatchObject([
      { id: 'team-a', kind: 'managed', online: true, approved: true },
      { id: 'old', kind: 'client', online: null, description: 'to be retired' },
    ])
    expect((await client.get('/cloudbees/fleet/controllers/old')).body).toEqual(controllers[1])
    expect((await client.get('/cloudbees/fleet/controllers/none')).status).toBe(404)
  })
})

describe('Spinnaker', () => {
  it('is connected with a user of Gate, and takes no client certificate', async ({ expect }) => {
    const { client } = await anOrgFor(spinnaker)
    const x509 = await client.post('/spinnaker/connect', { authType: 'x509' })
    expect([x509.status, x509.body.code, x509.body.hint]).toEqual([
      400,
      'unsupported_on_platform',
      expect.stringContaining('token'),
    ])
    expect(said(await client.post('/spinnaker/connect', {}))[2]).toBe('authType must be one of: token')
    const made = await client.post('/spinnaker/connect', spinnaker.form?.good)
    expect(made.body).toEqual({
      success: true,
      connected: true,
      baseUrl: 'https://gate.example.com',
      username: 'aurora',
      authType: 'token',
      applications: 120,
      cloudAccounts: ['prod', 'aws-prod'],
    })
    const { applications } = (await client.get('/spinnaker/applications')).body
    expect([applications.length, applications[0]]).toEqual([120, { name: 'app1', owner: 'team@example.com' }])
    expect((await client.get('/spinnaker/applications/app1/pipelines')).body).toEqual({
      pipelines: [{ id: '01', status: 'TERMINAL', limit: '10' }],
    })
    expect((await client.get('/spinnaker/applications/none/pipelines')).status).toBe(404)
  })
})
