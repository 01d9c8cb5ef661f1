import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { findConnector } from '../../src/connectors'
import { fakes } from './fakes'
import { plugIn, type Network } from './fakes/network'
import { anOrgFor, captureLogs } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const fakeOf = (id: string) => {
  const fake = fakes.find((it) => it.id === id)
  if (fake?.form == null) throw new Error(`no form: ${id}`)
  return { ...fake, form: fake.form }
}

interface Case {
  readonly id: string
  readonly path: string
  /** What connect answers besides `success: true`. */
  readonly connected: Readonly<Record<string, unknown>>
  /** What status answers besides `connected` and `validatedAt`; default: the same as connect. */
  readonly status?: Readonly<Record<string, unknown>>
  /** Bodies that are refused, with the text. */
  readonly invalid: readonly (readonly [object, string])[]
  readonly refused: readonly [number, string]
}

const projects = Array.from({ length: 130 }, (_, index) => `project-${index + 1}`)
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `p${index + 1}`, name: `Project p${index + 1}` }))

const cases: readonly Case[] = [
  {
    id: 'newrelic',
    path: '/newrelic',
    connected: {
      region: 'eu',
      accountId: '1234567',
      accountName: 'Example GmbH',
      userEmail: 'ops@example.com',
      userName: 'Ops',
      accessibleAccounts: [{ id: '1234567', name: 'Example GmbH' }],
      validated: true,
    },
    invalid: [
      [{ accountId: '1' }, 'New Relic User API key is required'],
      [{ apiKey: 'k' }, 'New Relic Account ID is required'],
      [{ apiKey: 'k', accountId: 'abc' }, 'New Relic Account ID is required'],
      [{ apiKey: 'k', accountId: '1', region: 'mars' }, "Region must be 'us' or 'eu'"],
    ],
    refused: [400, 'Failed to validate New Relic credentials'],
  },
  {
    id: 'sentry',
    path: '/sentry',
    connected: {
      region: 'eu',
      orgSlug: 'example',
      hasWebhookSecret: true,
      orgName: 'Example GmbH',
      projectCount: 130,
      accessibleProjects: projects,
      validated: true,
    },
    invalid: [
      [{ orgSlug: 'x' }, 'Sentry auth token is required'],
      [{ authToken: 't', orgSlug: '../x' }, 'Invalid Sentry organization slug'],
    ],
    refused: [400, 'Invalid Sentry auth token or insufficient permissions'],
  },
  {
    id: 'splunk',
    path: '/splunk',
    connected: {
      server: { name: 'sh1', version: '9.2.1', instanceType: 'enterprise' },
      baseUrl: 'https://splunk.example.com:8089',
      username: 'aurora',
    },
    invalid: [
      [{ baseUrl: 'https://splunk.example.com' }, 'apiToken is required'],
      [{ apiToken: 't' }, 'A valid Splunk instance URL is required (e.g. https://splunk.example.com:8089)'],
    ],
    refused: [400, 'Splunk refused the API token'],
  },
  {
    id: 'dynatrace',
    path: '/dynatrace',
    connected: {
      environmentUrl: 'https://abc12345.live.dynatrace.com',
      version: '1.285.0.20260101-000000',
    },
    invalid: [[{ apiToken: 't' }, 'Dynatrace environment URL is required']],
    refused: [400, 'Dynatrace refused the API token'],
  },
  {
    id: 'opsgenie',
    path: '/opsgenie',
    connected: {
      authType: 'api_key',
      region: 'eu',
      accountName: 'example',
      plan: 'Enterprise',
      validated: true,
    },
    invalid: [
      [{}, 'OpsGenie API key is required'],
      [
        { authType: 'jsm', email: 'a@example.com' },
        'Email, API token, and site URL are required for JSM Operations',
      ],
    ],
    refused: [400, 'OpsGenie refused the credential'],
  },
  {
    id: 'incidentio',
    path: '/incident-io',
    connected: { connected: true },
    status: {},
    invalid: [
      [{}, 'apiKey is required'],
      [{ apiKey: 'short' }, 'Invalid API key format'],
    ],
    refused: [400, 'incident.io refused the API key'],
  },
  {
    id: 'netdata',
    path: '/netdata',
    connected: { baseUrl: 'https://app.netdata.cloud', spaceName: 'Example' },
    invalid: [[{}, 'Netdata API token is required']],
    refused: [400, 'Netdata refused the API token'],
  },
  {
    id: 'bigpanda',
    path: '/bigpanda',
    connected: { connected: true, environmentCount: 110 },
    status: { environmentCount: 110 },
    invalid: [[{}, 'BigPanda API token is required']],
    refused: [400, 'BigPanda refused the API token'],
  },
  {
    id: 'coroot',
    path: '/coroot',
    connected: { url: 'https://coroot.example.com', projects: numbered(120) },
    invalid: [
      [{}, 'Coroot URL is required'],
      [{ url: 'https://coroot.example.com' }, 'Email is required'],
      [{ url: 'https://coroot.example.com', email: 'a@example.com' }, 'Password is required'],
    ],
    refused: [400, 'Coroot refused the email or password'],
  },
  {
    id: 'thousandeyes',
    path: '/thousandeyes',
    connected: {
      account_groups: [
        { id: '1111', name: 'Other' },
        { id: '1234', name: 'Example' },
      ],
    },
    invalid: [[{}, 'Bearer token is required']],
    refused: [400, 'ThousandEyes refused the bearer token'],
  },
  {
    id: 'scaleway',
    path: '/scaleway_api/scaleway',
    connected: {
      message: 'Scaleway connected successfully',
      organizationId: 'aaaaaaaa-0000-4000-8000-000000000001',
      projectsCount: 120,
    },
    status: { provider: 'scaleway' },
    invalid: [
      [{}, 'Access key and secret key are required'],
      [
        { accessKey: 'AKIA', secretKey: '01234567-89ab-4cde-8f01-23456789abcd' },
        "Invalid access key format. Should start with 'SCW' followed by alphanumeric characters.",
      ],
      [{ accessKey: 'SCW0123456789ABCDEFG', secretKey: 'x' }, 'Invalid secret key format. Should be a UUID.'],
    ],
    refused: [401, 'Scaleway refused the API key'],
  },
  {
    id: 'tailscale',
    path: '/tailscale_api/tailscale',
    connected: {
      message: 'Tailscale connected successfully',
      tailnet: '-',
      tailnetName: 'tail1234.ts.net',
      deviceCount: 120,
    },
    status: { provider: 'tailscale', tailnet: '-', tailnetName: 'tail1234.ts.net' },
    invalid: [
      [{}, 'Client ID and client secret are required'],
      [{ clientId: 'a b', clientSecret: '0123456789' }, 'Invalid client ID format'],
      [{ clientId: 'kAbCdEf1CNTRL', clientSecret: 'short' }, 'Invalid client secret format'],
    ],
    refused: [401, 'Tailscale refused the OAuth client'],
  },
  {
    id: 'flyio',
    path: '/flyio_api/flyio',
    connected: {
      org_slug: 'example',
      tier: 'readonly',
      apps: Array.from({ length: 100 }, (_, index) => ({ name: `app-${index + 1}`, status: null })),
    },
    invalid: [[{ apiToken: 't' }, 'API token and organization slug are required']],
    refused: [401, 'Fly.io refused the API token'],
  },
  {
    id: 'gitlab',
    path: '/gitlab',
    connected: {
      message: 'GitLab connected successfully',
      username: 'aurora-bot',
      base_url: 'https://git.example.com/gitlab',
      projects_connected: 130,
    },
    status: { username: 'aurora-bot', base_url: 'https://git.example.com/gitlab', token_name: 'aurora' },
    invalid: [
      [{}, 'access_token is required'],
      [{ access_token: 't', base_url: 'https://127.0.0.1' }, 'Invalid base_url; must be an http(s) URL'],
    ],
    refused: [400, 'Invalid GitLab access token or unreachable instance'],
  },
]

describe.for(cases)('the original paths of $id', ({ id, path, connected, status, invalid, refused }) => {
  it('connect, show and disconnect in the shapes of the original', async ({ expect }) => {
    const fake = fakeOf(id)
    const { client } = await anOrgFor(fake)
    const made = await client.post(`${path}/connect`, fake.form.good)
    expect([made.status, made.body]).toEqual([200, { success: true, ...connected }])
    const shown = await client.get(`${path}/status`)
    expect(shown.body).toEqual({
      connected: true,
      ...(status ?? connected),
      validatedAt: expect.stringMatching(/Z$/),
    })
    const gone = await client.delete(`${path}/disconnect`)
    expect(gone.body).toMatchObject({
      success: true,
      message: expect.stringContaining('disconnected'),
      revocation: 'unsupported',
      hint: findConnector(id)?.revokeHint,
    })
    expect((await client.get(`${path}/status`)).body).toEqual({ connected: false })
  })

  it('say what is missing, and what the vendor thinks of a wrong credential', async ({ expect }) => {
    const fake = fakeOf(id)
    const { client } = await anOrgFor(fake)
    for (const [body, text] of invalid) {
      const answer = await client.post(`${path}/connect`, body)
      expect([answer.status, answer.body.error]).toEqual([400, text])
    }
    const answer = await client.post(`${path}/connect`, fake.form.refused)
    expect([answer.status, answer.body.error]).toEqual([...refused])
    expect(network.strays).toEqual([])
  })
})
