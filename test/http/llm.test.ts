import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { openLlmPorts } from '../../src/services/llm-ports'
import { choiceFrom } from '../../src/services/llm-choice'
import { testModel } from '../../src/services/llm-test'
import { llmSettingsOf } from '../../src/store/llm-settings'
import { openTenant } from '../../src/store/tenant-db'
import { apiWith } from '../support/api'
import { aVendor, portsTo, type Answer } from '../support/fake-model'
import { anOrg, bearer } from '../support/org'

const KEY = 'sk-a-long-secret-key-1234'
const OPENAI = { provider: 'openai', model: 'gpt-5', apiKey: KEY }

const stored = async (orgId: string) => {
  const [row] = await llmSettingsOf(openTenant(env.DB, orgId))
  if (row === undefined) throw new Error('nothing stored')
  return row
}

describe('the language model of an organisation', () => {
  it('is the built-in analyst, then the deployment’s, then the organisation’s own choice', async ({
    expect,
  }) => {
    const org = await anOrg()
    expect((await org.get('/api/settings/llm')).body).toMatchObject({
      source: 'builtin',
      provider: null,
      hasKey: false,
    })
    expect((await org.get('/api/llm/models')).body.active).toEqual({
      source: 'builtin',
      provider: 'builtin',
      model: 'builtin-analyst',
    })
    const deployed = apiWith(
      { LLM_PROVIDER: 'anthropic', LLM_MODEL: 'claude-sonnet-5', LLM_API_KEY: 'key-of-the-operator' },
      bearer(org.token),
    )
    expect((await deployed.get('/api/settings/llm')).body).toMatchObject({
      source: 'deployment',
      provider: 'anthropic',
      model: 'claude-sonnet-5',
      hasKey: true,
      keyHint: null,
    })
    const put = await org.put('/api/settings/llm', OPENAI)
    expect([put.status, put.body]).toMatchObject([
      200,
      { source: 'organization', provider: 'openai', model: 'gpt-5', hasKey: true, keyHint: '1234' },
    ])
    const models = (await deployed.get('/api/llm/models')).body
    expect(models.active).toEqual({ source: 'organization', provider: 'openai', model: 'gpt-5' })
    expect(models.models.filter(({ inUse }: { inUse: boolean }) => inUse)).toMatchObject([
      { id: 'gpt-5', price: { input: 1.25, output: 10 } },
    ])
    expect((await org.put('/api/settings/llm', { enabled: false })).body).toMatchObject({ source: 'builtin' })
    expect((await deployed.get('/api/llm/models')).body.active.source).toBe('builtin')
    expect((await org.delete('/api/settings/llm')).body).toMatchObject({ source: 'builtin', hasKey: false })
    expect((await deployed.get('/api/settings/llm')).body.source).toBe('deployment')
  })

  it('keeps its key sealed, for its own place, and shows it nowhere', async ({ expect }) => {
    const org = await anOrg()
    await org.put('/api/settings/llm', OPENAI)
    const row = await stored(org.orgId)
    expect(JSON.stringify(row)).not.toContain(KEY)
    const ports = openLlmPorts(env)
    expect((await choiceFrom(org.orgId, row, ports))?.apiKey).toBe(KEY)
    await expect(choiceFrom('another organisation', row, ports)).rejects.toThrow('does not open')
    await expect(
      choiceFrom(org.orgId, { ...row, baseUrl: 'https://evil.example.com' }, ports),
    ).rejects.toThrow()
    for (const path of ['/api/settings/llm', '/api/llm/models', '/api/audit-log'])
      expect((await org.get(path)).text).not.toContain(KEY)
    // The price changes, the key stays; the address changes, and it is asked for again.
    const priced = await org.put('/api/settings/llm', { prices: { 'gpt-5': { input: 1, output: 2 } } })
    expect(priced.body).toMatchObject({ hasKey: true, prices: { 'gpt-5': { input: 1, output: 2 } } })
    const moved = await org.put('/api/settings/llm', { baseUrl: 'https://proxy.example.com/v1' })
    expect([moved.status, moved.body.error]).toEqual([400, 'Missing apiKey'])
  })

  it.for([
    [{ provider: 'acme' }, /^Invalid provider\. Must be one of: openai/],
    [{ model: 'gpt-5' }, /^Missing provider$/],
    [{ provider: 'openai' }, /^Missing model$/],
    [{ provider: 'openai', model: 'gpt-5' }, /^Missing apiKey$/],
    [{ provider: 'openai-compatible', model: 'x' }, /^Missing baseUrl$/],
    [{ provider: 'workers-ai', model: 'x' }, /^This deployment has no Workers AI binding$/],
    [{ provider: 'openai-compatible', model: 'x', baseUrl: 'http://127.0.0.1:11434/v1' }, /^Only https/],
    [{ provider: 'openai-compatible', model: 'x', baseUrl: 'https://169.254.169.254/' }, /^IP addresses/],
    [
      { provider: 'openai-compatible', model: 'x', baseUrl: 'https://aurora.test/v1' },
      /^This host is not allowed$/,
    ],
    [{ contextTokens: 10 }, /^Invalid contextTokens$/],
    [{ prices: { x: { input: -1, output: 1 } } }, /^Invalid prices$/],
    [{}, /^Missing request body$/],
  ] as const)('is refused when it cannot work: %o', async ([changes, error], { expect }) => {
    const org = await anOrg()
    const answer = await org.put('/api/settings/llm', changes)
    expect([answer.status, answer.body.code]).toEqual([400, 'validation_failed'])
    expect(answer.body.error).toMatch(error)
  })

  it('is chosen by admins and seen by everybody', async ({ expect }) => {
    const org = await anOrg()
    const editor = await org.member('editor')
    expect((await editor.put('/api/settings/llm', OPENAI)).status).toBe(403)
    expect((await editor.delete('/api/settings/llm')).status).toBe(403)
    expect((await editor.post('/api/settings/llm/test', {})).status).toBe(403)
    expect((await editor.get('/api/security/events')).status).toBe(403)
    expect((await editor.get('/api/settings/llm')).status).toBe(200)
  })
})

describe('the test of a model', () => {
  const tried = async (answer: Answer, changes: Parameters<typeof testModel>[2] = {}) => {
    const org = await anOrg()
    const vendor = aVendor(() => answer)
    const ctx = {
      actor: { userId: org.userId, orgId: org.orgId, role: 'admin' as const, sid: null },
      db: openTenant(env.DB, org.orgId),
      now: Date.now(),
      nudge: { run: () => {}, stopped: () => {}, delivery: () => {}, feed: () => {} },
    }
    return { result: await testModel(ctx, portsTo(vendor), changes), org, sent: vendor.sent }
  }

  it('says whether it answers and calls tools, and its use is written down', async ({ expect }) => {
    const { result, org } = await tried({ calls: [{ name: 'report_ready', args: { ready: true } }] })
    expect(result).toMatchObject({ ok: true, callsTools: true, model: 'test-model', problem: null })
    const usage = await org.get('/api/llm/usage?group=type')
    expect(usage.body.rows).toEqual([
      {
        key: 'test',
        calls: 1,
        failed: 0,
        inputTokens: 1000,
        outputTokens: 100,
        cachedInputTokens: 0,
        costUsd: 0.002,
        unpriced: 0,
      },
    ])
    expect(usage.body.total).toEqual({ calls: 1, inputTokens: 1000, outputTokens: 100, costUsd: 0.002 })
  })

  it('says in our own words what is the matter', async ({ expect }) => {
    const problem = async (answer: Answer) => (await tried(answer)).result.problem
    expect(await problem({ status: 401, body: '{"error":{"message":"sk-secret is wrong"}}' })).toBe(
      'The provider refused the key.',
    )
    expect(await problem({ status: 404 })).toBe('The provider does not know this model or address.')
    expect(await problem({ status: 429 })).toMatch(/limits the rate/)
    expect(await problem({ status: 500 })).toBe('The provider failed (status 500).')
    expect(await problem({ text: 'Ready!' })).toMatch(/set toolMode to "json"/)
    expect(await problem({ text: 'I', cutAfter: 1 })).toMatch(/broke off/)
  })

  it('tries changes without storing them', async ({ expect }) => {
    const { result, org, sent } = await tried(
      { calls: [{ name: 'report_ready', args: { ready: true } }] },
      {
        provider: 'openai-compatible',
        model: 'other-model',
        baseUrl: 'https://other.example.com/v1',
        apiKey: 'another-key',
      },
    )
    expect(result).toMatchObject({ ok: true, model: 'other-model' })
    expect(sent[0]?.url).toBe('https://other.example.com/v1/chat/completions')
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer another-key')
    expect(await llmSettingsOf(openTenant(env.DB, org.orgId))).toEqual([])
  })
})

describe('the use of models', () => {
  it('is summed by day, model, session, run and user, with what is left of today', async ({ expect }) => {
    const org = await anOrg()
    const db = openTenant(env.DB, org.orgId)
    const day = Date.parse('2026-05-04T10:00:00.000Z')
    const rows = [
      ['a', 'run-1', 's-1', 'gpt-5', 'ok', 1_000_000, day],
      ['b', 'run-1', 's-1', 'gpt-5', 'error', 0, day + 1000],
      ['c', 'run-2', 's-2', 'llama', 'ok', null, day + 86_400_000],
    ] as const
    for (const [id, run, session, model, outcome, micros, at] of rows)
      await env.DB.prepare(
        `INSERT INTO llm_usage (id, org_id, run_id, session_id, provider, model_name, request_type, input_tokens, output_tokens, cost_usd_micros, estimated_cost, priced, outcome, timestamp)
          VALUES (?, ?, ?, ?, 'v', ?, 'investigation', 100, 10, ?, ?, ?, ?, ?)`,
      )
        .bind(
          org.orgId + id,
          org.orgId,
          run,
          session,
          model,
          micros,
          micros,
          micros === null ? 0 : 1,
          outcome,
          at,
        )
        .run()
    await org.put('/api/settings/investigation', { maxCostUsdPerDay: 5, maxTokensPerDay: 1000 })
    const by = async (group: string) =>
      (await org.get(`/api/llm/usage?from=2026-05-04&to=2026-05-06&group=${group}`)).body
    expect((await by('day')).rows).toMatchObject([
      { key: '2026-05-05', calls: 1, costUsd: 0, unpriced: 1 },
      { key: '2026-05-04', calls: 2, failed: 1, costUsd: 1 },
    ])
    for (const [group, first] of [
      ['model', 'gpt-5'],
      ['session', 's-1'],
      ['run', 'run-1'],
      ['user', null],
    ] as const)
      expect((await by(group)).rows[0].key).toBe(first)
    expect((await by('run')).total).toEqual({ calls: 3, inputTokens: 300, outputTokens: 30, costUsd: 1 })
    expect((await by('run')).today).toEqual({ costUsd: 0, tokens: 0, maxCostUsd: 5, maxTokens: 1000 })
    expect((await org.get('/api/llm/usage?from=2026-05-06&to=2026-05-04')).status).toBe(400)
    expect((await org.get('/api/llm/usage?group=planet')).body.error).toMatch(/^Invalid group/)
    expect(db.orgId).toBe(org.orgId)
  })
})
