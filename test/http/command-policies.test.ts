import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { judgeSuggestions } from '../../src/services/command-policies/judge'
import { insertPolicies, setLists } from '../../src/store/command-policies'
import { openTenant } from '../../src/store/tenant-db'
import { carryOut } from '../support/executor'
import { anOrg, type Org } from '../support/org'
import { anOutage, STARTS } from '../support/outage'

const PATH = '/api/org/command-policies'
const TOGGLE = '/api/org/command-policy-toggle'
const TEMPLATES = '/api/org/command-policy-templates'

const allows = async (org: Org, command: string) => (await org.post(`${PATH}/test`, { command })).body

describe('rules over commands', () => {
  it('are made, tried by priority, changed and removed by admins', async ({ expect }) => {
    const org = await anOrg()
    const make = async (body: object) => (await org.post(PATH, body)).body.id
    await make({ mode: 'allow', pattern: 'kubectl .*', description: 'Kubernetes', priority: 1 })
    const id = await make({ mode: 'deny', pattern: '^kubectl delete\\b', description: 'Removes objects' })
    expect((await allows(org, 'kubectl delete pod web-1')).allowed).toBe(true)
    await org.put(TOGGLE, { list: 'denylist', enabled: true })
    expect((await org.put(TOGGLE, { list: 'allowlist', enabled: true })).body).toEqual({
      status: 'updated',
      allowlist_enabled: true,
      denylist_enabled: true,
    })
    expect(await allows(org, 'kubectl delete pod web-1')).toEqual({
      allowed: false,
      rule_description: 'Removes objects',
      command: 'kubectl delete pod web-1',
    })
    expect((await allows(org, 'kubectl get pods')).rule_description).toBe('Kubernetes')
    expect((await org.put(`${PATH}/${id}`, { enabled: false })).body).toEqual({ status: 'updated' })
    expect((await allows(org, 'kubectl delete pod web-1')).allowed).toBe(true)
    const viewer = await org.member('viewer')
    const { body } = await viewer.get(PATH)
    expect(body).toMatchObject({
      allow_rules: [{ pattern: 'kubectl .*', priority: 1, updated_by: org.userId }],
      deny_rules: [{ id, enabled: false }],
      active_template_id: null,
    })
    expect((await org.call('DELETE', `${PATH}/${id}`)).body).toEqual({ status: 'deleted' })
    expect((await org.call('DELETE', `${PATH}/${id}`)).status).toBe(404)
    for (const refused of [
      await viewer.post(PATH, { mode: 'deny', pattern: 'x' }),
      await viewer.put(TOGGLE, { list: 'denylist', enabled: false }),
      await viewer.post(`${TEMPLATES}/apply`, { template_id: 'read_only' }),
    ])
      expect(refused.status).toBe(403)
    const { entries } = (await org.get('/api/audit-log')).body
    expect(entries.map(({ event }: { event: string }) => event).slice(0, 6)).toEqual([
      'command_policy.delete',
      'command_policy.update',
      'command_policy.toggle',
      'command_policy.toggle',
      'command_policy.create',
      'command_policy.create',
    ])
  })

  it('are refused when they are no rules', async ({ expect }) => {
    const org = await anOrg()
    const error = async (body: object) => (await org.post(PATH, body)).body.error
    expect(await error({ mode: 'maybe', pattern: 'x' })).toBe("mode must be 'allow' or 'deny'")
    expect(await error({ mode: 'deny' })).toBe('pattern is required')
    expect(await error({ mode: 'deny', pattern: '(a+)+' })).toContain('Invalid regex')
    expect((await org.put(TOGGLE, { list: 'x', enabled: true })).body.error).toContain("'allowlist'")
    expect((await org.post(`${TEMPLATES}/apply`, { template_id: 'none' })).body.error).toBe(
      'Unknown template',
    )
  })

  it('can be taken from a template, in place of all others', async ({ expect }) => {
    const org = await anOrg()
    await org.post(PATH, { mode: 'allow', pattern: 'mine' })
    const [first] = (await org.get(TEMPLATES)).body
    expect(first).toMatchObject({ id: 'no_destruction', allow_count: 1 })
    expect((await org.post(`${TEMPLATES}/apply`, { template_id: first.id })).body).toEqual({
      status: 'applied',
      template_id: first.id,
      active_template_id: first.id,
      allowlist_enabled: true,
      denylist_enabled: true,
    })
    const { body } = await org.get(PATH)
    expect([body.allow_rules.length, body.deny_rules.length]).toEqual([1, first.deny_count])
    expect((await allows(org, 'rm -rf /var')).allowed).toBe(false)
    await org.call('DELETE', `${TEMPLATES}/active`)
    expect((await org.get(PATH)).body.active_template_id).toBeNull()
  })
})

describe('a suggestion', () => {
  it('whose command is denied is of high risk, and each judgement is recorded', async ({ expect }) => {
    const org = await anOrg()
    const db = openTenant(env.DB, org.orgId)
    const proposed = ['kubectl get pods', 'uname -a', null].map((command) => ({
      id: newId(),
      command,
      risk: 'safe' as const,
    }))
    const judge = async () => {
      const { suggestions, records } = await judgeSuggestions(db, proposed, 1)
      await db.commit(records)
      return suggestions.map(({ risk }) => risk)
    }
    expect(await judge()).toEqual(['safe', 'safe', 'safe'])
    await org.post(`${TEMPLATES}/apply`, { template_id: 'read_only' })
    expect(await judge()).toEqual(['safe', 'high', 'safe'])
    const { entries } = (await org.get('/api/audit-log?event=command_policy.decision')).body
    expect(entries).toMatchObject([
      { subject: proposed[1]?.id, actor: 'system', after: { allowed: false, ruleId: null } },
      { subject: proposed[0]?.id, after: { allowed: true, because: 'Looks at Kubernetes' } },
    ])
  })

  it('is judged when an investigation publishes it', async ({ expect }) => {
    const { org, run } = await anOutage()
    await org.db.commit(
      insertPolicies(org.db, [
        {
          id: newId(),
          mode: 'deny',
          pattern: '^git ',
          description: 'Nobody types this here',
          priority: 1,
          enabled: true,
          updatedBy: 'somebody',
          createdAt: 1,
          updatedAt: 1,
        },
      ]),
    )
    await setLists(org.db, { denylistEnabled: true }, 1)
    await env.DB.prepare("UPDATE change_events SET [commit] = '9f8c1d2e4b7a' WHERE org_id = ?")
      .bind(org.orgId)
      .run()
    await carryOut(run, { startsAt: STARTS })
    expect(
      await org.rows(
        'SELECT command, risk FROM incident_suggestions WHERE org_id = ? AND command IS NOT NULL',
      ),
    ).toEqual([{ command: 'git show --stat 9f8c1d2e4b7a', risk: 'high' }])
    expect(
      await org.rows("SELECT actor FROM audit_log WHERE org_id = ? AND event = 'command_policy.decision'"),
    ).toHaveLength(1)
  })
})
