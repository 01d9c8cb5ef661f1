import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { aws as connector } from '../../src/connectors/aws'
import { queryRequest, send } from '../../src/connectors/aws/sign'
import { errorCode, readXml } from '../../src/connectors/aws/xml'
import type { VendorCtx } from '../../src/connectors/vendor-ctx'
import { guardedFetch } from '../../src/connectors/egress'
import { accessTo } from '../../src/services/connectors/access'
import { askVendor } from '../../src/services/connectors/operations'
import { accountsOf, workspaceNamed } from '../../src/services/connectors/aws-workspaces'
import { setRole } from '../../src/services/connectors/aws-roles'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { deploymentOf, someone } from './deployment'
import { ACCOUNT, anAws, aws as fake, AWS_VARIABLES, roleOf, type FakeRole } from './fakes/aws'
import { fetchOf, seenOf, type Seen } from './fakes/fake'
import { plugIn, type Network } from './fakes/network'
import { expectedSignature, readSignature } from './fakes/sigv4'
import { captureLogs, databaseText, leaksIn, storedConnection } from './support'

describe('a signature', () => {
  const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
  const ASSUME = {
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: 'arn:aws:iam::123456789012:role/Aurora',
    RoleSessionName: 'aurora-proof',
    DurationSeconds: 900,
    ExternalId: '11111111-1111-4111-8111-111111111111',
  }

  /** What `send` puts on the wire at the beginning of 2026. */
  async function sent(
    request: Parameters<typeof send>[2],
    keys: Parameters<typeof send>[1] = KEYS,
  ): Promise<Seen> {
    const seen: Seen[] = []
    const http: typeof fetch = async (input, init) => {
      seen.push(await seenOf(input, init))
      return new Response('{}')
    }
    const { signal } = new AbortController()
    const ctx: VendorCtx = {
      fetch: guardedFetch({ hosts: connector.hosts, ownHosts: [], signal, http }),
      now: () => Date.UTC(2026, 0, 1),
      signal,
      settings: {},
      ownHosts: [],
    }
    await send(ctx, keys, request)
    const [first] = seen
    if (first === undefined) throw new Error('nothing was sent')
    return first
  }

  it.for([
    [
      { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      'd145ada1feb367ceb12db4d06a6d9f211aa903ab2ab5045b4ce1dc1599478fed',
    ],
    [ASSUME, '1233500945945fed37ff3e2f094e62338444ab196d62ec2da09a47f984e760a6'],
  ] as const)('is that of the documented example (%#)', async ([parameters, signature], { expect }) => {
    const seen = await sent(queryRequest('sts', 'us-east-1', parameters))
    const read = readSignature(seen.headers.get('authorization') ?? '')
    expect(read).toMatchObject({
      accessKeyId: 'AKIDEXAMPLE',
      date: '20260101',
      region: 'us-east-1',
      service: 'sts',
      signedHeaders: ['content-type', 'host', 'x-amz-date'],
      signature,
    })
    // The verifier of the fakes comes to the same, by itself.
    if (read !== null) expect(expectedSignature(seen, read, KEYS.secretAccessKey)).toBe(signature)
  })

  it('agrees with an independent verifier for paths, targets and session tokens', async ({ expect }) => {
    const keys = { ...KEYS, sessionToken: 'token/with+signs==' }
    for (const request of [
      { service: 'lambda', region: 'eu-west-1', method: 'GET', path: '/2015-03-31/functions/my-function' },
      { service: 'logs', region: 'eu-central-1', headers: { 'x-amz-target': 'T' }, body: '{"a":"ä"}' },
      queryRequest('iam', 'eu-west-1', { Action: 'ListAccountAliases', Version: '2010-05-08' }),
    ] as const) {
      const seen = await sent(request, keys)
      const read = readSignature(seen.headers.get('authorization') ?? '')
      if (read === null) throw new Error('no signature')
      expect(read.signedHeaders).toContain('x-amz-security-token')
      expect(expectedSignature(seen, read, KEYS.secretAccessKey)).toBe(read.signature)
    }
  })
})

describe('an answer in XML', () => {
  it('with a document type or entities is refused', ({ expect }) => {
    expect(readXml('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')).toBeNull()
    expect(readXml('<a><b>')).toBeNull()
    expect(readXml('<a><b>&amp;1</b></a>')).toEqual({ a: { b: '&amp;1' } })
  })

  it('names its error under the expected root only', ({ expect }) => {
    expect(errorCode('<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>')).toBe(
      'AccessDenied',
    )
    expect(errorCode('<Response><Errors><Error><Code>X</Code></Error></Errors></Response>')).toBe('X')
    expect(errorCode('<Other><Error><Code>AccessDenied</Code></Error></Other>')).toBeNull()
    expect(errorCode('{"__type":"com.amazon#Throttling"}')).toBe('Throttling')
  })
})

const GOOD = roleOf('Aurora')
const READS = roleOf('AuroraRead')

describe('the paths of the original product', () => {
  let network: Network
  let logs: string[]
  const roles: Record<string, FakeRole> = {}
  const own: { code: string | null } = { code: null }

  beforeEach(() => {
    for (const arn of Object.keys(roles)) delete roles[arn]
    own.code = null
    logs = captureLogs()
    network = plugIn([{ ...fake, answer: anAws(roles, own).answer }])
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const deployed = async (variables: Partial<Env> = AWS_VARIABLES) => {
    const org = await anOrg()
    const client = apiWith({ ...UNLIMITED, ...variables }, bearer(org.token))
    const listed = await client.get(`/users/${org.userId}/workspaces`)
    const [workspace] = listed.body.workspaces
    const externalId: string = workspace.aws_external_id
    roles[GOOD] = { externalId }
    roles[READS] = { externalId }
    return { org, client, workspace, externalId, at: `/workspaces/${workspace.id}/aws` }
  }

  it('give every organisation a workspace with an External ID of its own, once', async ({ expect }) => {
    const { org, client, workspace } = await deployed()
    const again = await Promise.all([1, 2, 3].map(() => client.post(`/users/${org.userId}/workspaces`, {})))
    expect(again.map(({ body }) => body.id)).toEqual([workspace.id, workspace.id, workspace.id])
    expect(workspace).toMatchObject({ name: 'default', user_id: org.userId })
    expect(workspace.aws_external_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    const other = await client.post(`/users/${org.userId}/workspaces`, { name: 'second' })
    expect(other.body.aws_external_id).not.toBe(workspace.aws_external_id)
    const foreign = await client.get(`/users/${crypto.randomUUID()}/workspaces`)
    expect([foreign.status, foreign.body.error]).toEqual([403, 'Access denied'])
  })

  it('register a role after all proofs', async ({ expect }) => {
    const { client, at, workspace, externalId } = await deployed()
    expect((await client.get(`${at}/links`)).body).toEqual({
      workspaceId: workspace.id,
      externalId,
      status: 'not_started',
      auroraAccountId: '999988887777',
    })
    const set = await client.post(`${at}/role`, { roleArn: GOOD, readOnlyRoleArn: READS })
    expect(set.body).toEqual({ ok: true })
    expect((await client.get(`${at}/status`)).body).toEqual({
      status: 'fully_configured',
      isConfigured: true,
      externalId,
      roleArn: GOOD,
      readOnlyRoleArn: READS,
    })
    expect((await client.get(`${at}/accounts`)).body.accounts).toMatchObject([
      {
        account_id: ACCOUNT,
        role_arn: GOOD,
        read_only_role_arn: READS,
        connection_method: 'sts_assume_role',
        region: 'us-east-1',
      },
    ])
    expect((await client.get('/aws/status')).body).toEqual({
      connected: true,
      status: 'connected',
      accounts: [{ account_id: ACCOUNT, role_arn: GOOD, region: 'us-east-1' }],
      workspaceId: workspace.id,
      externalId,
    })
    const actions = network.seen
      .map(({ body }) => new URLSearchParams(body))
      .map((form) => form.get('Action'))
    expect(actions.filter((action) => action === 'AssumeRole')).toHaveLength(6)
    const shown = (await client.post('/get-credentials', {})).body
    expect(shown).toMatchObject({
      status: 'success',
      has_credentials: true,
      account_id: ACCOUNT,
      role_arn: GOOD,
    })
    expect((await client.get('/api/connectors/aws/status')).body.connections).toMatchObject([
      { account_name: 'example-prod', method: 'role_assumption' },
    ])
    const secrets = [...fake.secrets]
    expect(leaksIn(JSON.stringify(shown) + logs.join('\n') + (await databaseText()), secrets)).toEqual([])
    expect(leaksIn(logs.join('\n'), [externalId])).toEqual([])
  })

  it.for([
    ['no condition on the External ID', { externalId: null }, 400, 'role_not_protected'],
    ['a role of another account', { account: '000000000000' }, 400, 'credential_refused'],
    ['throttling in the negative proof', { trouble: 'Throttling' }, 502, 'upstream_error'],
    ['another code in the negative proof', { trouble: 'RegionDisabledException' }, 502, 'upstream_error'],
    ['another External ID', { externalId: crypto.randomUUID() }, 400, 'credential_refused'],
  ] as const)('refuse a role with %s, and store nothing', async ([, wrong, status, code], { expect }) => {
    const { client, at, externalId } = await deployed()
    roles[GOOD] = { externalId, ...wrong }
    const answer = await client.post(`${at}/role`, { roleArn: GOOD })
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.text).not.toContain('words of the vendor')
    expect(answer.text).not.toContain(externalId)
    expect((await client.get(`${at}/status`)).body.isConfigured).toBe(false)
    expect((await client.get(`${at}/accounts`)).body.accounts).toEqual([])
  })

  it('say which role was refused', async ({ expect }) => {
    const { client, at } = await deployed()
    delete roles[READS]
    const answer = await client.post(`${at}/role`, { roleArn: GOOD, readOnlyRoleArn: READS })
    expect([answer.status, answer.body]).toMatchObject([
      400,
      {
        error: 'Read-only role assumption failed',
        message: expect.any(String),
        details: { role_arn: READS, account_id: ACCOUNT },
      },
    ])
    const errorOf = async (body: object) => (await client.post(`${at}/role`, body)).body.error
    expect(await errorOf({})).toBe('No JSON data provided')
    expect(await errorOf({ x: 1 })).toBe('roleArn is required')
    expect(await errorOf({ roleArn: 'arn:aws:iam::1:user/x' })).toBe('Invalid role ARN format')
    expect(await errorOf({ roleArn: `${GOOD}\n` })).toBe(undefined)
    expect(await errorOf({ roleArn: GOOD, readOnlyRoleArn: 'x' })).toBe('Invalid readOnlyRoleArn format')
  })

  it('say when it is this deployment that is not set up', async ({ expect }) => {
    const bare = await deployed({})
    const answer = await bare.client.post(`${bare.at}/role`, { roleArn: GOOD })
    expect([answer.status, answer.body.code]).toEqual([503, 'provider_not_configured'])
    expect((await bare.client.get('/aws/env/check')).body).toEqual({
      configured: false,
      hasAccessKey: false,
      hasSecretKey: false,
      accountId: null,
    })
    expect((await bare.client.get(`${bare.at}/cfn-template`)).status).toBe(503)
    const { client, at } = await deployed()
    own.code = 'InvalidClientTokenId'
    const broken = await client.post(`${at}/role`, { roleArn: GOOD })
    expect([broken.status, broken.body.code]).toEqual([503, 'provider_not_configured'])
  })

  it('register by hand with the External ID of the workspace only', async ({ expect }) => {
    const { client, externalId } = await deployed()
    const post = (body: object, path = '/aws/auth') => client.post(path, body)
    const missing = await post({})
    expect([missing.status, missing.body]).toMatchObject([
      400,
      { status: 'error', error: 'Missing role_arn', message: 'Missing role_arn', code: 'validation_failed' },
    ])
    expect((await post({ role_arn: GOOD })).body.error).toBe(
      'External ID is required for AWS role assumption. Please provide the External ID from your workspace.',
    )
    const wrong = await post({ role_arn: GOOD, external_id: crypto.randomUUID() })
    expect([wrong.status, wrong.body]).toMatchObject([
      401,
      {
        status: 'error',
        code: 'external_id_mismatch',
        error: 'Invalid external_id. Please use the External ID provided by your workspace.',
      },
    ])
    const refused = await post({ role_arn: roleOf('Nobodys'), external_id: externalId })
    expect([refused.status, refused.body.code]).toEqual([401, 'credential_refused'])
    const made = await post({ roleArn: GOOD, externalId }, '/auth')
    expect(made.body).toEqual({
      status: 'success',
      message: 'Assume-Role successful',
      account_id: ACCOUNT,
      expires_at: expect.any(String),
    })
  })

  it('never connect with the External ID of another organisation, by any path', async ({ expect }) => {
    const victim = await deployed()
    const thief = await deployed()
    roles[GOOD] = { externalId: victim.externalId }
    const body = { role_arn: GOOD, external_id: victim.externalId }
    for (const path of ['/aws/auth', '/auth', '/api/connectors/aws/connect', '/api/connectors/AWS/connect'])
      expect([path, (await thief.client.post(path, body)).status]).not.toEqual([path, 200])
    expect((await thief.client.get('/aws/status')).body.connected).toBe(false)
  })

  it('register many, each for itself', async ({ expect }) => {
    const { client, at, externalId } = await deployed()
    const second = roleOf('Aurora', '210987654321')
    roles[second] = { externalId }
    const answer = await client.post(`${at}/accounts/bulk`, {
      accounts: [
        { accountId: ACCOUNT, roleArn: GOOD, region: 'eu-west-1' },
        { accountId: '210987654321', roleArn: second },
        { accountId: '210987654321', roleArn: GOOD },
        { accountId: '000000000000', roleArn: roleOf('x', '000000000000') },
        7,
      ],
    })
    expect(answer.body).toMatchObject({
      succeeded: 2,
      failed: 3,
      results: [
        { accountId: ACCOUNT, success: true },
        { accountId: '210987654321', success: true },
        { success: false, error: 'The role is of another account' },
        { success: false, error: 'Role assumption failed' },
        { success: false },
      ],
    })
    expect((await client.post(`${at}/accounts/bulk`, {})).body.error).toBe(
      "Payload must contain an 'accounts' array",
    )
    const tooMany = await client.post(`${at}/accounts/bulk`, {
      accounts: Array.from({ length: 51 }, () => ({})),
    })
    expect(tooMany.body.error).toMatch(/^Too many accounts/)
  })

  it('disconnect an account and register it again, after the proofs', async ({ expect }) => {
    const { client, at } = await deployed()
    await client.post(`${at}/role`, { roleArn: GOOD })
    const none = await client.post(`${at}/accounts/${ACCOUNT}/reconnect`)
    expect([none.status, none.body.error]).toEqual([404, 'No inactive connection found for this account'])
    expect((await client.delete(`${at}/accounts/${ACCOUNT}`)).body).toMatchObject({ success: true })
    const gone = await client.delete(`${at}/accounts/${ACCOUNT}`)
    expect([gone.status, gone.body.error]).toEqual([404, 'Account not found or already disconnected'])
    expect((await client.get(`${at}/accounts/inactive`)).body.accounts).toMatchObject([
      { account_id: ACCOUNT, role_arn: GOOD },
    ])
    const credentials = await client.get('/aws/get-credentials')
    expect([credentials.status, credentials.body.error]).toEqual([
      401,
      'No AWS credentials found. Please authenticate with AWS.',
    ])
    const kept = roles[GOOD] ?? { externalId: null }
    roles[GOOD] = { externalId: null }
    expect((await client.post(`${at}/accounts/${ACCOUNT}/reconnect`)).body.code).toBe('role_not_protected')
    roles[GOOD] = kept
    expect((await client.post(`${at}/accounts/${ACCOUNT}/reconnect`)).body).toMatchObject({ success: true })
    expect((await client.get('/aws/status')).body.connected).toBe(true)
    expect((await client.post(`${at}/cleanup`)).body).toMatchObject({ success: true })
    expect((await client.get('/aws/status')).body.connected).toBe(false)
  })

  it('keep an account whose role is gone, in trouble, until somebody acts', async ({ expect }) => {
    const { client, at, org } = await deployed()
    await client.post(`${at}/role`, { roleArn: GOOD })
    delete roles[GOOD]
    const listed = await client.get('/api/connectors/aws/resources')
    expect([listed.status, listed.body.code]).toEqual([400, 'credential_refused'])
    expect((await client.get('/aws/status')).body).toMatchObject({
      connected: false,
      status: 'error',
      accounts: [{ account_id: ACCOUNT, role_arn: GOOD }],
    })
    expect(await storedConnection(org, 'aws')).toMatchObject({ ciphertext: expect.any(String) })
  })

  it('hand out a template and a link made of constants', async ({ expect }) => {
    const { client, at, externalId } = await deployed()
    const raw = await client.get(`${at}/cfn-template`)
    expect(raw.headers.get('content-disposition')).toContain('attachment')
    expect(raw.text).toContain(`Default: '${externalId}'`)
    expect(raw.text).toContain('sts:ExternalId: !Ref ExternalId')
    expect(raw.text).toContain('arn:aws:iam::aws:policy/ReadOnlyAccess')
    expect((await client.get(`${at}/cfn-template?format=json&roleType=Admin`)).body).toMatchObject({
      template: expect.stringContaining('Default: Admin'),
      auroraAccountId: '999988887777',
      externalId,
    })
    expect((await client.get(`${at}/cfn-template?roleType=Root`)).status).toBe(400)
    const link = (await client.get(`${at}/cfn-quickcreate?region=eu-west-1&templateURL=https://evil.example`))
      .body
    const url = new URL(link.quickCreateUrl)
    expect(url.host).toBe('eu-west-1.console.aws.amazon.com')
    const parameters = new URLSearchParams(url.hash.split('?')[1])
    expect(Object.fromEntries(parameters)).toEqual({
      templateURL: AWS_VARIABLES.AWS_CFN_TEMPLATE_URL,
      stackName: 'aurora-role',
      param_AuroraAccountId: '999988887777',
      param_ExternalId: externalId,
      param_RoleType: 'ReadOnly',
    })
    expect((await client.get(`${at}/cfn-quickcreate?region=$(id)`)).status).toBe(400)
  })

  it('switch CloudWatch alarms on and off', async ({ expect }) => {
    const { client } = await deployed()
    const connected = async () => (await client.get('/aws/cloudwatch/status')).body
    expect(await connected()).toEqual({ connected: false })
    expect((await client.post('/aws/cloudwatch/connect')).body).toMatchObject({ success: true })
    expect(await connected()).toEqual({ connected: true })
    expect((await client.delete('/aws/cloudwatch/disconnect')).body).toMatchObject({ success: true })
    expect(await connected()).toEqual({ connected: false })
  })
})

describe('a question of an investigation', () => {
  const asked = async (readOnlyRoleArn: string | null) => {
    const roles: Record<string, FakeRole> = {}
    const vendor = anAws(roles)
    const { ports } = deploymentOf(connector, fetchOf(vendor), AWS_VARIABLES)
    const ctx = await someone()
    const workspace = await workspaceNamed(ctx, 'default')
    for (const arn of [GOOD, READS]) roles[arn] = { externalId: workspace.awsExternalId }
    await setRole(ctx, ports, workspace.id, {
      roleArn: GOOD,
      ...(readOnlyRoleArn === null ? {} : { readOnlyRoleArn }),
    })
    const [row] = (await accountsOf(ctx, workspace.id)).live
    if (row === undefined) throw new Error('not registered')
    return {
      vendor,
      ask: (name: string, args: unknown) => askVendor(ctx.db, ports, row, name, args),
      accessFor: (mode: 'read' | 'write') => accessTo(ctx.db, ports, row, { mode }),
    }
  }
  const window = { from: '2026-01-01T09:00:00Z', to: '2026-01-01T10:00:00Z' }

  it('is asked with the read-only role, or with the main one narrowed to reading', async ({ expect }) => {
    for (const [readOnly, role, policies] of [
      [READS, READS, null],
      [null, GOOD, 'arn:aws:iam::aws:policy/ReadOnlyAccess'],
    ] as const) {
      const { vendor, ask } = await asked(readOnly)
      const metric = {
        namespace: 'AWS/ECS',
        metric: 'CPUUtilization',
        dimensions: { ClusterName: 'prod' },
        ...window,
      }
      expect(await ask('get_metric_data', metric)).toMatchObject({
        kind: 'ok',
        value: { data: { GetMetricDataResponse: { GetMetricDataResult: { MetricDataResults: {} } } } },
      })
      expect(vendor.assumed.at(-1)).toMatchObject({ role, policies })
      expect(vendor.assumed.at(-1)?.session).toMatch(/^aurora-[0-9a-f-]{36}$/)
    }
  })

  it('gets the main role as it is for an approved action alone, and keeps the two apart', async ({
    expect,
  }) => {
    for (const readOnly of [READS, null]) {
      const { vendor, accessFor } = await asked(readOnly)
      const narrow = await accessFor('read')
      const wide = await accessFor('write')
      expect(vendor.assumed.at(-1)).toMatchObject({ role: GOOD, policies: null })
      expect([narrow.kind, wide.kind]).toEqual(['ok', 'ok'])
      const before = vendor.assumed.length
      expect(await accessFor('read')).toEqual(narrow)
      expect(vendor.assumed.length).toBe(before)
    }
  })

  it('is signed for its region and service, and tells a refusal from an absence', async ({ expect }) => {
    const { ask } = await asked(null)
    expect(
      await ask('filter_log_events', { logGroup: '/ecs/shop', ...window, region: 'eu-west-1' }),
    ).toMatchObject({
      kind: 'ok',
      value: {
        url: 'https://logs.eu-west-1.amazonaws.com/',
        data: { asked: { logGroupName: '/ecs/shop', limit: 50 } },
      },
    })
    expect(await ask('get_log_query_results', { queryId: 'q-1' })).toEqual({ kind: 'not_found' })
    expect(await ask('lookup_events', window)).toEqual({ kind: 'insufficient_permission' })
    for (const args of [{ ...window, region: 'mars-1' }, { ...window, x: 1 }, {}])
      expect(await ask('lookup_events', args)).toMatchObject({ kind: 'invalid_arguments' })
  })

  it('about a function brings neither its environment nor its code', async ({ expect }) => {
    const { ask } = await asked(null)
    const answer = await ask('get_lambda_function', { name: 'checkout' })
    expect(answer).toMatchObject({
      kind: 'ok',
      value: { data: { FunctionName: 'checkout', Runtime: 'nodejs24.x' } },
    })
    expect(JSON.stringify(answer)).not.toMatch(/a-secret-of-the-customer|presigned/)
  })
})
