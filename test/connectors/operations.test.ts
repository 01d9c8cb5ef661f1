import { describe, it } from 'vitest'
import { findConnector } from '../../src/connectors'
import { headerAccess } from '../../src/connectors/access'
import type { VendorInit } from '../../src/connectors/egress'
import { ok } from '../../src/connectors/outcome'

const FROM = '2026-01-01T09:57:30.000Z'
const TO = '2026-01-01T10:17:30.000Z'
const RANGE = { from: FROM, to: TO }
const CODED = 'from=2026-01-01T09%3A57%3A30.000Z&to=2026-01-01T10%3A17%3A30.000Z'

const details: Readonly<Record<string, object>> = {
  github: { username: 'u', authType: 'oauth', scopes: [] },
  newrelic: {
    region: 'us',
    accountId: '1234567',
    accountName: 'Example',
    userEmail: null,
    userName: null,
    accessibleAccounts: [],
    validated: true,
  },
  sentry: {
    region: 'us',
    orgSlug: 'example',
    hasWebhookSecret: false,
    orgName: 'Example',
    projectCount: 0,
    accessibleProjects: [],
    validated: true,
  },
  splunk: {
    baseUrl: 'https://splunk.example.com:8089',
    server: { name: 's', version: '9', instanceType: null },
    username: 'u',
  },
  dynatrace: { environmentUrl: 'https://d.example.com/e/1', version: null },
  opsgenie: { authType: 'jsm_basic', siteUrl: 'x', accountName: 'x', cloudId: 'c1', validated: true },
  incidentio: { keyName: null, dashboardUrl: null },
  netdata: { baseUrl: 'https://app.netdata.cloud', spaceName: 'Example', spaceId: 's1' },
  bigpanda: { environmentCount: 1 },
  pagerduty: {
    authType: 'api_token',
    displayName: null,
    capabilities: [],
    externalUserEmail: null,
    externalUserName: null,
    accountSubdomain: null,
  },
  elasticsearch: {
    baseUrl: 'https://search.example.com',
    clusterName: 'c',
    version: '8',
    distribution: 'elasticsearch',
    authType: 'apiKey',
  },
  coroot: { url: 'https://coroot.example.com', projects: [] },
  thousandeyes: { account_group_id: '1234', account_groups: [] },
  scaleway: { accessKey: 'SCW', organizationId: 'o', projectId: null, projectsCount: 1 },
  tailscale: { clientId: 'c', tailnet: '-', tailnetName: 't', deviceCount: 1 },
  flyio: { org_slug: 'example', tier: 'readonly', apps: [] },
  confluence: {
    authType: 'oauth',
    baseUrl: 'https://example.atlassian.net',
    cloudId: 'c1',
    canWrite: false,
    userDisplayName: null,
    userEmail: null,
  },
  jira: {
    authType: 'pat',
    baseUrl: 'https://jira.example.com',
    cloudId: null,
    canWrite: true,
    userDisplayName: null,
    userEmail: null,
  },
  sharepoint: { canWrite: false, userDisplayName: null, userEmail: null },
  google_chat: { spaceName: 'spaces/AAA1', mayCreate: false, spaceDisplayName: 'Incidents' },
  gitlab: {
    base_url: 'https://git.example.com',
    username: 'u',
    token_name: null,
    projects_connected: null,
  },
}

/** Runs an operation against a vendor that answers `{}`, and tells what it was asked. */
async function asked(provider: string, name: string, args: object, text = '{}') {
  const calls: { url: string; init: VendorInit }[] = []
  const operation = findConnector(provider)?.operations.find((it) => it.name === name)
  if (operation === undefined) throw new Error(`no operation ${provider}_${name}`)
  const ctx = {
    fetch: async (url: string, init: VendorInit = {}) => {
      calls.push({ url, init })
      return ok({ status: 200, headers: new Headers(), text, url })
    },
    now: () => 0,
    signal: new AbortController().signal,
    settings: {},
    ownHosts: [],
  }
  const access = headerAccess({ authorization: 'Bearer secret' })
  return { outcome: await operation.run(ctx, access, details[provider], args), calls }
}

const gets: readonly (readonly [string, string, object, string])[] = [
  [
    'sentry',
    'search_issues',
    { query: 'is:unresolved', statsPeriod: '1h' },
    'https://sentry.io/api/0/organizations/example/issues/?query=is%3Aunresolved&statsPeriod=1h&limit=50',
  ],
  [
    'sentry',
    'latest_event',
    { issueId: '77' },
    'https://sentry.io/api/0/organizations/example/issues/77/events/latest/',
  ],
  [
    'sentry',
    'query_events',
    { fields: ['title', 'count()'], query: '' },
    'https://sentry.io/api/0/organizations/example/events/?field=title&field=count%28%29&query=&statsPeriod=24h&per_page=50',
  ],
  [
    'splunk',
    'search_results',
    { sid: 'scheduler__admin_1.2', limit: 5 },
    'https://splunk.example.com:8089/services/search/v2/jobs/scheduler__admin_1.2/results?output_mode=json&count=5',
  ],
  [
    'splunk',
    'get_saved_search',
    { name: 'a/../b' },
    'https://splunk.example.com:8089/services/saved/searches/a%2F..%2Fb?output_mode=json',
  ],
  ['dynatrace', 'get_problem', { id: '-1_2' }, 'https://d.example.com/e/1/api/v2/problems/-1_2'],
  ['dynatrace', 'list_problems', RANGE, `https://d.example.com/e/1/api/v2/problems?${CODED}&pageSize=50`],
  [
    'opsgenie',
    'list_alert_logs',
    { id: 'a1', limit: 10 },
    'https://api.atlassian.com/jsm/ops/api/c1/v1/alerts/a1/logs?limit=10',
  ],
  [
    'incidentio',
    'list_incident_updates',
    { incidentId: '01H' },
    'https://api.incident.io/v2/incident_updates?incident_id=01H&page_size=25',
  ],
  ['netdata', 'list_alerts', { roomId: 'r1' }, 'https://app.netdata.cloud/api/v2/spaces/s1/rooms/r1/alerts'],
  [
    'bigpanda',
    'list_incident_alerts',
    { incidentId: 'i1' },
    'https://api.bigpanda.io/resources/v2.0/incidents/i1/alerts',
  ],
  [
    'bigpanda',
    'list_changes',
    RANGE,
    'https://api.bigpanda.io/resources/v2.1/changes?from=1767261450&to=1767262650',
  ],
  [
    'pagerduty',
    'list_oncalls',
    { escalationPolicyIds: ['P1', 'P2'] },
    'https://api.pagerduty.com/oncalls?escalation_policy_ids%5B%5D=P1&escalation_policy_ids%5B%5D=P2&limit=100',
  ],
  [
    'pagerduty',
    'related_changes',
    { incidentId: 'Q1' },
    'https://api.pagerduty.com/incidents/Q1/related_change_events',
  ],
  [
    'coroot',
    'list_incidents',
    { project: 'p1', ...RANGE },
    'https://coroot.example.com/api/project/p1/incidents?from=1767261450000&to=1767262650000',
  ],
  [
    'thousandeyes',
    'test_results',
    { testId: '9', kind: 'path-vis', ...RANGE },
    `https://api.thousandeyes.com/v7/test-results/9/path-vis?aid=1234&${CODED.replace('from', 'startDate').replace('to', 'endDate')}`,
  ],
  [
    'scaleway',
    'list_instances',
    { zone: 'fr-par-1' },
    'https://api.scaleway.com/instance/v1/zones/fr-par-1/servers?per_page=100',
  ],
  [
    'tailscale',
    'list_configuration_changes',
    RANGE,
    `https://api.tailscale.com/api/v2/tailnet/-/logging/configuration?${CODED.replace('from', 'start').replace('to', 'end')}`,
  ],
  ['flyio', 'list_machines', { app: 'shop' }, 'https://api.machines.dev/v1/apps/shop/machines'],
  [
    'gitlab',
    'list_commits',
    { project: 'example/shop', since: FROM, perPage: 5 },
    'https://git.example.com/api/v4/projects/example%2Fshop/repository/commits?since=2026-01-01T09%3A57%3A30.000Z&per_page=5',
  ],
  [
    'confluence',
    'search',
    { cql: 'text ~ "checkout"', limit: 5 },
    'https://api.atlassian.com/ex/confluence/c1/wiki/rest/api/search?cql=text+%7E+%22checkout%22&limit=5',
  ],
  [
    'confluence',
    'get_page',
    { id: '4711' },
    'https://api.atlassian.com/ex/confluence/c1/wiki/api/v2/pages/4711?body-format=storage',
  ],
  ['jira', 'get_issue', { key: 'OPS-1' }, 'https://jira.example.com/rest/api/2/issue/OPS-1'],
  [
    'jira',
    'list_comments',
    { key: 'OPS-1' },
    'https://jira.example.com/rest/api/2/issue/OPS-1/comment?maxResults=50&orderBy=-created',
  ],
  [
    'sharepoint',
    'list_pages',
    { siteId: 'root' },
    'https://graph.microsoft.com/v1.0/sites/root/pages/microsoft.graph.sitePage?%24top=50',
  ],
  ['google_chat', 'list_members', {}, 'https://chat.googleapis.com/v1/spaces/AAA1/members?pageSize=50'],
  [
    'gitlab',
    'job_trace',
    { project: 'example/shop', jobId: 7 },
    'https://git.example.com/api/v4/projects/example%2Fshop/jobs/7/trace',
  ],
]

describe('operations', () => {
  it.for(gets)('%s_%s asks for what it says', async ([provider, name, args, url], { expect }) => {
    const { outcome, calls } = await asked(provider, name, args)
    expect(calls).toMatchObject([{ url, init: { headers: { authorization: 'Bearer secret' } } }])
    expect(calls[0]?.init.method ?? 'GET').toBe('GET')
    expect(outcome).toEqual({ kind: 'ok', value: { url, status: 200, data: {} } })
  })

  it('send the bodies that the vendors want', async ({ expect }) => {
    const bodyOf = ({ calls }: Awaited<ReturnType<typeof asked>>): unknown =>
      JSON.parse(String(calls[0]?.init.body))
    const q = 'SELECT count(*) FROM TransactionError SINCE 30 minutes ago'
    expect(bodyOf(await asked('newrelic', 'nrql', { query: q }))).toEqual({
      query: 'query($id: Int!, $q: Nrql!) { actor { account(id: $id) { nrql(query: $q) { results } } } }',
      variables: { id: 1_234_567, q },
    })
    const issues = await asked('newrelic', 'list_issues', RANGE)
    expect(issues.calls[0]).toMatchObject({
      url: 'https://api.newrelic.com/graphql',
      init: { headers: { 'nerd-graph-unsafe-experimental-opt-in': 'AiIssues' } },
    })
    const search = await asked('elasticsearch', 'search', {
      index: 'logs-*',
      query: 'error OR timeout',
      terms: { 'service.name': 'checkout-api' },
    })
    expect(search.calls[0]?.url).toBe('https://search.example.com/logs-*/_search')
    expect(bodyOf(search)).toEqual({
      size: 50,
      sort: [{ '@timestamp': 'desc' }],
      query: {
        bool: {
          filter: [
            { term: { 'service.name': 'checkout-api' } },
            { range: { '@timestamp': { gte: 'now-30m', lte: 'now' } } },
          ],
          must: [{ query_string: { query: 'error OR timeout' } }],
        },
      },
    })
  })

  it('send the searches of pages and issues', async ({ expect }) => {
    const sent = async (provider: string, name: string, args: object) => {
      const { calls } = await asked(provider, name, args)
      return [calls[0]?.url, JSON.parse(String(calls[0]?.init.body))]
    }
    expect(await sent('jira', 'search_issues', { jql: 'project = OPS', fields: ['summary'] })).toEqual([
      'https://jira.example.com/rest/api/2/search',
      { jql: 'project = OPS', maxResults: 20, fields: ['summary'] },
    ])
    expect(await sent('sharepoint', 'search', { query: 'drain' })).toMatchObject([
      'https://graph.microsoft.com/v1.0/search/query',
      { requests: [{ query: { queryString: 'drain' }, size: 10 }] },
    ])
  })

  it('run a search of Splunk and read its lines', async ({ expect }) => {
    const lines = '{"result":{"_raw":"one"}}\n{"lastrow":true}\n'
    const { outcome, calls } = await asked('splunk', 'search', { query: 'error', limit: 10 }, lines)
    expect(calls[0]?.url).toBe('https://splunk.example.com:8089/services/search/jobs/export')
    expect(Object.fromEntries(new URLSearchParams(String(calls[0]?.init.body)))).toEqual({
      search: 'search error | head 10',
      output_mode: 'json',
      earliest_time: '-30m',
      latest_time: 'now',
    })
    expect(outcome).toMatchObject({
      value: { data: [{ result: { _raw: 'one' } }, { lastrow: true }] },
    })
  })

  it.for([
    'index=main | delete',
    'index=main |  OUTPUTLOOKUP x.csv',
    '| rest /services/server/info',
    'index=main | append [| map search="search $x$"]',
    'index=main [ rest /services ]',
    'index=main | mcollect index=x',
    'index=main | savedsearch x',
    '`hidden`',
  ])('send Splunk no search that could do more than read: %s', async (query, { expect }) => {
    const { outcome, calls } = await asked('splunk', 'search', { query })
    expect([outcome.kind, calls]).toEqual(['invalid_arguments', []])
  })

  const hostile: readonly (readonly [string, string, object])[] = [
    ['dynatrace', 'get_problem', { id: '../tokens' }],
    ['elasticsearch', 'search', { index: '../_security/user', query: 'x' }],
    ['elasticsearch', 'list_indices', { pattern: '.security' }],
    ['coroot', 'list_incidents', { project: '../../user' }],
    ['gitlab', 'list_commits', { project: '../../user' }],
    ['gitlab', 'list_commits', { project: '..' }],
    ['splunk', 'search_results', { sid: '..' }],
    ['splunk', 'get_saved_search', { name: '.' }],
    ['coroot', 'get_application', { project: 'p1', application: '..' }],
    ['github', 'list_releases', { owner: '..', repo: '..' }],
    ['flyio', 'list_machines', { app: 'a/b' }],
    ['pagerduty', 'get_incident', { id: 'Q1/notes' }],
    ['scaleway', 'list_instances', { zone: '../iam' }],
    ['netdata', 'list_alerts', { roomId: 'r', host: 'evil.example' }],
    ['confluence', 'get_page', { id: '../user/current' }],
    ['jira', 'get_issue', { key: '../myself' }],
    ['sharepoint', 'list_pages', { siteId: '../me' }],
    ['sharepoint', 'get_item', { driveId: '..', itemId: '..' }],
    ['google_chat', 'list_members', { space: 'spaces/../x' }],
  ]
  it.for(hostile)('%s_%s refuses what would lead elsewhere', async ([provider, name, args], { expect }) => {
    const { outcome, calls } = await asked(provider, name, args)
    expect([outcome.kind, calls]).toEqual(['invalid_arguments', []])
  })
})
