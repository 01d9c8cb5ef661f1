import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { renderPostmortem } from '../../src/services/postmortems/render'
import { queuePostmortem } from '../../src/store/postmortems'
import { openTenant } from '../../src/store/tenant-db'
import { carryOut } from '../support/executor'
import { aVendor, portsTo, type Answer } from '../support/fake-model'
import { faultsOf, type Fault } from '../support/faulty-db'
import { anOutage, STARTS } from '../support/outage'

// A row as the database gives it.
// oxlint-disable-next-line typescript/no-explicit-any -- a test's own query
type Row = Record<string, any>

const word = (args: object): Answer => ({
  calls: [{ name: 'submit_wording', args: { summary: [], claims: [], lessons: [], ...args } }],
})

/** An investigated outage, of which a postmortem is written with this model; a person may have written before. */
async function written(
  answer: Answer | null,
  {
    settings = {},
    edited = false,
    fault = null,
  }: { settings?: object; edited?: boolean; fault?: Fault | null } = {},
) {
  const { org, run, incidentId } = await anOutage()
  await carryOut(run, { startsAt: STARTS })
  const db = openTenant(env.DB, org.orgId)
  const [analysis] = await org.rows<Row>(
    "SELECT claims FROM runs WHERE org_id = ? AND kind = 'investigation'",
  )
  await env.DB.prepare(
    'INSERT INTO organization_settings (org_id, investigation) VALUES (?1, ?2) ON CONFLICT (org_id) DO UPDATE SET investigation = ?2',
  )
    .bind(org.orgId, JSON.stringify(settings))
    .run()
  const runId = newId()
  const job = { incidentId, runId }
  await db.commit([...queuePostmortem(db, job, { trigger: 'resolved', userId: null }, STARTS)])
  if (edited)
    await env.DB.prepare(
      "UPDATE postmortems SET content = 'Ours', user_id = 'u', version = 7 WHERE incident_id = ?",
    )
      .bind(incidentId)
      .run()
  const vendor = aVendor(() => answer ?? {})
  const { queries } = await carryOut(
    { orgId: org.orgId, runId, sessionId: runId },
    { startsAt: STARTS, fault, ...(answer === null ? {} : { llm: portsTo(vendor) }) },
  )
  const [row = {}] = await org.rows<Row>(
    "SELECT state, analyst, degraded, budget_exhausted FROM runs WHERE org_id = ? AND kind = 'postmortem'",
  )
  const [shown = {}] = await org.rows<Row>('SELECT content, state, user_id FROM postmortems WHERE org_id = ?')
  const versions = await org.rows<Row>('SELECT content FROM postmortem_versions WHERE org_id = ?')
  const usage = await org.rows<Row>(
    'SELECT outcome, request_type, incident_id, user_id FROM llm_usage WHERE org_id = ?',
  )
  const open = await org.rows<Row>("SELECT id FROM llm_ledger WHERE org_id = ? AND state = 'reserved'")
  return {
    row,
    shown,
    versions: versions.map(({ content }) => String(content)),
    usage,
    open,
    queries,
    incidentId,
    sent: vendor.sent,
    claims: JSON.parse(analysis?.claims ?? '').claims,
  }
}

/** As the rules write it: the same for every outage of these tests. */
let plain: Promise<string> | null = null
const inPlainWords = () => (plain ??= written(null).then(({ shown }) => String(shown.content)))

const sectionOf = (text: string, name: string): string =>
  new RegExp(`## ${name}\\n\\n([^]*?)(?=\\n\\n## |$)`).exec(text)?.[1] ?? ''

describe('a postmortem with a language model', () => {
  it('is worded by it, and every claim keeps its numbers', async ({ expect }) => {
    const { row, shown, usage, claims, incidentId, sent, open } = await written(
      word({
        summary: [{ text: 'A deployment of checkout failed, and web followed.', claims: [1] }],
        claims: [{ place: 1, text: 'It began with the deployment `deploy-checkout#1042` of checkout.' }],
        lessons: [{ text: 'A deployment of checkout needs a canary.', claims: [1] }],
      }),
    )
    const numbers = ` [${claims[0].evidence.join(', ')}]`
    expect(row).toEqual({ state: 'succeeded', analyst: 'model', degraded: null, budget_exhausted: null })
    expect(sectionOf(shown.content, 'Summary')).toBe(
      `A deployment of checkout failed, and web followed.${numbers}`,
    )
    expect(sectionOf(shown.content, 'Root Cause')).toContain('It began with the deployment')
    expect(sectionOf(shown.content, 'Root Cause')).toContain(numbers)
    expect(sectionOf(shown.content, 'Lessons Learned')).toMatch(
      /^- A deployment of checkout needs a canary\. \[/,
    )
    expect(shown.content).toMatch(/_Worded by a language model; /)
    expect(usage).toEqual([
      { outcome: 'ok', request_type: 'postmortem', incident_id: incidentId, user_id: null },
    ])
    expect(open).toEqual([])
    expect(sent[0]?.body.messages[1].content).toMatch(/<<<data [^]*"kind":"postmortem"/)
  })

  it("keeps the words of the rules wherever the evidence does not bear the model's", async ({ expect }) => {
    const { shown, row } = await written(
      word({
        summary: [
          { text: 'For 93 minutes nobody could pay.', claims: [1] },
          { text: 'It says "the disk was full".', claims: [1] },
          { text: 'Everything broke.', claims: [77] },
          { text: 'The service billing was the cause.', claims: [1] },
        ],
        claims: [
          { place: 1, text: 'Somebody at billing made a mistake.' },
          { place: 99, text: 'And the moon was full.' },
        ],
        lessons: [{ text: 'The pod checkout-7d9f4 must go.', claims: [1] }],
      }),
    )
    expect(shown.content).toBe(await inPlainWords())
    expect(row.analyst).toBe('builtin')
  })

  it.for([
    ['is away', { status: 503 }, {}, 4, 'model_unavailable'],
    ['refuses the key', { status: 401 }, {}, 1, 'model_unavailable'],
    ['has used up the budget of its organisation', {}, { maxCostUsdPerDay: 0.0001 }, 0, 'over_budget'],
  ] as const)(
    'is that of the rules where the model %s',
    async ([, answer, settings, calls, degraded], { expect }) => {
      const { row, shown, sent, open } = await written(answer, { settings })
      expect(row).toMatchObject({ state: 'succeeded', analyst: 'builtin', degraded })
      expect(shown.content).toBe(await inPlainWords())
      expect([sent.length, open]).toEqual([calls, []])
    },
  )

  it('stands beside what a person wrote, never in its place', async ({ expect }) => {
    const { shown, versions } = await written(
      word({ summary: [{ text: 'A deployment of checkout failed.', claims: [1] }] }),
      { edited: true },
    )
    expect([shown.content, shown.user_id, shown.state]).toEqual(['Ours', 'u', 'ready'])
    expect(versions).toHaveLength(1)
    expect(versions[0]).toContain('A deployment of checkout failed.')
  })

  it('is written and paid for once, whichever query fails', async ({ expect }) => {
    const answer = word({ summary: [{ text: 'A deployment of checkout failed.', claims: [1] }] })
    const expected = await written(answer)
    for (const fault of faultsOf(expected.queries).filter(
      ({ at }) => at % 8 === 3 || at === expected.queries,
    )) {
      const { versions, usage, open } = await written(answer, { fault })
      expect(versions, JSON.stringify(fault)).toEqual(expected.versions)
      expect(usage.filter(({ outcome }) => outcome === 'ok').length, JSON.stringify(fault)).toBe(1)
      expect(open).toEqual([])
    }
  }, 30_000)
})

describe('a postmortem without a proven cause', () => {
  it('says so first, however well its candidates are worded', ({ expect }) => {
    const claim = { section: 'root_cause', text: 'It may be cart.', evidence: [1], origin: 'rules' } as const
    const text = renderPostmortem({
      title: 'Slow',
      severity: 'high',
      services: [],
      sources: [],
      startedAt: STARTS,
      resolvedAt: null,
      summary: '',
      verdict: 'inconclusive',
      rootCauseService: null,
      findings: { headline: '', claims: [claim], ruledOut: [], notChecked: [] },
      timeline: [],
      changes: [],
      actions: [],
      story: [{ text: 'cart was slow.', evidence: [1] }],
    })
    expect(sectionOf(text, 'Summary')).toBe('The root cause was not determined. cart was slow. [1]')
    expect(sectionOf(text, 'Root Cause')).toBe('The root cause was not determined.\n\nIt may be cart. [1]')
  })
})
