import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { auditEntry, auditList, verification } from '../../src/http/answers/audit-log'
import { canonicalJson } from '../../src/lib/canonical-json'
import { sha256Hex } from '../../src/lib/hmac'
import { newId } from '../../src/lib/ids'
import { sweep } from '../../src/jobs/sweep'
import { sealAudit } from '../../src/services/audit-log'
import { audit } from '../../src/store/audit'
import { openTenant } from '../../src/store/tenant-db'
import { anOrg, logIn, type Org } from '../support/org'

const record = (orgId: string, n: number, at = Date.now()) =>
  audit(openTenant(env.DB, orgId), {
    event: n % 2 === 0 ? 'test.even' : 'test.odd',
    actor: n % 3 === 0 ? 'system' : newId(),
    subject: `subject ${n}`,
    before: { n, nested: { b: [1, 'ä', null], a: true } },
    after: n % 2 === 0 ? null : n,
    at,
  })

/** An organisation with two rows: its registration, and a login. */
async function anOrgThatLoggedIn(): Promise<Org> {
  const org = await anOrg()
  await logIn(org.email)
  return org
}

/** Sixteen rows: two of registering and logging in, fourteen of ours. */
async function withRows(count = 14): Promise<Org> {
  const org = await anOrgThatLoggedIn()
  for (let n = 0; n < count; n++) await record(org.orgId, n)
  return org
}

const verify = async (org: Org) => verification.strict().parse((await org.get('/api/audit-log/verify')).body)

const inDatabase = (sql: string, ...values: readonly unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run()

describe('the audit log', () => {
  it('shows changes, newest first, with who made them', async ({ expect }) => {
    const org = await anOrgThatLoggedIn()
    await org.patch('/api/orgs', { name: 'Renamed' })
    const { status, body } = await org.get('/api/audit-log')
    expect(status).toBe(200)
    const { entries, nextCursor } = auditList.strict().parse(body)
    expect(entries.map(({ seq, event }) => [seq, event])).toEqual([
      [3, 'organization.updated'],
      [2, 'login.succeeded'],
      [1, 'user.registered'],
    ])
    expect(entries[0]).toMatchObject({ actor: org.userId, subject: org.orgId, after: { name: 'Renamed' } })
    expect(nextCursor).toBeNull()
  })

  it('is filtered by event, actor and time', async ({ expect }) => {
    const org = await withRows()
    const ask = async (query: string) =>
      auditList.parse((await org.get(`/api/audit-log?${query}`)).body).entries
    expect((await ask('event=test.odd')).map(({ seq }) => seq)).toEqual([16, 14, 12, 10, 8, 6, 4])
    expect((await ask('actor=system')).every(({ actor }) => actor === 'system')).toBe(true)
    expect(await ask('actor=system')).toHaveLength(5)
    expect((await ask('actor=system&event=test.even')).map(({ subject }) => subject)).toEqual([
      'subject 12',
      'subject 6',
      'subject 0',
    ])
    const later = Date.now() + 3_600_000
    await record(org.orgId, 99, later)
    const since = encodeURIComponent(new Date(later).toISOString())
    expect((await ask(`since=${since}`)).map(({ subject }) => subject)).toEqual(['subject 99'])
    expect(await ask('since=2099-01-01')).toEqual([])
    expect(await ask('event=test.none')).toEqual([])
  })

  it('is read in pages', async ({ expect }) => {
    const org = await withRows()
    const seen: number[] = []
    let cursor: string | null = ''
    for (let page = 0; cursor !== null && page < 10; page++) {
      const answer = await org.get(`/api/audit-log?limit=5${cursor === '' ? '' : `&cursor=${cursor}`}`)
      const { entries, nextCursor } = auditList.parse(answer.body)
      expect(entries.length).toBeLessThanOrEqual(5)
      seen.push(...entries.map(({ seq }) => seq))
      cursor = nextCursor
    }
    expect(seen).toEqual(Array.from({ length: 16 }, (_, n) => 16 - n))
  })

  it.for([
    ['limit=0', 'limit must be between 1 and 200'],
    ['limit=201', 'limit must be between 1 and 200'],
    ['cursor=x', 'Invalid cursor'],
    ['cursor=0', 'Invalid cursor'],
    ['since=yesterday', 'Invalid since'],
    ['event=', 'Invalid event'],
    ['actor=a&actor=b', 'Invalid actor'],
  ] as const)('refuses %s', async ([query, error], { expect }) => {
    const org = await anOrgThatLoggedIn()
    const { status, body } = await org.get(`/api/audit-log?${query}`)
    expect([status, body.error]).toEqual([400, error])
  })

  it('holds nothing of other organisations', async ({ expect }) => {
    const [org, other] = [await anOrgThatLoggedIn(), await withRows()]
    const { entries } = auditList.parse((await org.get('/api/audit-log')).body)
    expect(entries.map(({ actor }) => actor)).toEqual([org.userId, org.userId])
    expect(await verify(other)).toEqual({ ok: true, checked: 16, firstBroken: null })
  })
})

describe('its chain', () => {
  it('holds, and grows', async ({ expect }) => {
    const org = await withRows()
    expect(await verify(org)).toEqual({ ok: true, checked: 16, firstBroken: null })
    await record(org.orgId, 14)
    expect(await verify(org)).toEqual({ ok: true, checked: 17, firstBroken: null })
  })

  it('can be recomputed from what the log shows', async ({ expect }) => {
    const org = await withRows()
    const { entries } = auditList.parse((await org.get('/api/audit-log')).body)
    let prev_hash = ''
    for (const entry of entries.reverse()) {
      const { id, seq, actor, event, subject, before, after } = auditEntry.parse(entry)
      const at = Date.parse(entry.at)
      const row = { seq, id, org: org.orgId, actor, event, subject, before, after, at, prev_hash }
      expect(entry.prevHash).toBe(prev_hash)
      expect(entry.hash).toBe(await sha256Hex(canonicalJson(row)))
      prev_hash = entry.hash ?? ''
    }
  })

  it('is whole whoever writes and seals at the same time', async ({ expect }) => {
    const org = await anOrgThatLoggedIn()
    const db = openTenant(env.DB, org.orgId)
    await Promise.all(
      Array.from({ length: 30 }, async (_, n) => {
        await record(org.orgId, n)
        if (n % 3 === 0) await sealAudit(db)
      }),
    )
    expect(await verify(org)).toEqual({ ok: true, checked: 32, firstBroken: null })
  })

  it('is sealed by the sweep, in rounds', async ({ expect }) => {
    const org = await withRows()
    await sweep(env, Date.now())
    const open = await env.DB.prepare('SELECT count(*) AS n FROM audit_log WHERE org_id = ? AND hash IS NULL')
      .bind(org.orgId)
      .first()
    expect(open?.['n']).toBe(0)
    expect(await sealAudit(openTenant(env.DB, org.orgId), 1)).toBe(false)
  })

  const TAMPERING = {
    'a changed event': ["UPDATE audit_log SET event = 'nothing' WHERE org_id = ?1 AND seq = ?2", 0],
    'a changed actor': ["UPDATE audit_log SET actor = 'somebody' WHERE org_id = ?1 AND seq = ?2", 0],
    'a removed subject': ['UPDATE audit_log SET subject = NULL WHERE org_id = ?1 AND seq = ?2', 0],
    'a changed value': [`UPDATE audit_log SET before = '{"n":-1}' WHERE org_id = ?1 AND seq = ?2`, 0],
    'a value that is no JSON any more': [
      "UPDATE audit_log SET after = '{' WHERE org_id = ?1 AND seq = ?2",
      0,
    ],
    'a changed time': ['UPDATE audit_log SET at = at + 1 WHERE org_id = ?1 AND seq = ?2', 0],
    'a changed id': ["UPDATE audit_log SET id = 'x' || id WHERE org_id = ?1 AND seq = ?2", 0],
    'a changed hash': ["UPDATE audit_log SET hash = 'x' || hash WHERE org_id = ?1 AND seq = ?2", 0],
    'a removed hash': ['UPDATE audit_log SET hash = NULL WHERE org_id = ?1 AND seq = ?2', 0],
    'a deleted row': ['DELETE FROM audit_log WHERE org_id = ?1 AND seq = ?2', 0],
    'a row given to nobody': ['UPDATE audit_log SET org_id = NULL WHERE org_id = ?1 AND seq = ?2', 0],
    'two rows that changed places': [
      `UPDATE audit_log SET seq = -CASE seq WHEN ?2 THEN 1 + ?2 ELSE ?2 END WHERE org_id = ?1 AND seq IN (?2, 1 + ?2);
       UPDATE audit_log SET seq = -seq WHERE org_id = ?1 AND seq < 0`,
      1,
    ],
    'a row and everything after it deleted': ['DELETE FROM audit_log WHERE org_id = ?1 AND seq >= ?2', 0],
  } as const

  it.for(Object.entries(TAMPERING))('breaks at %s', async ([, [sql, follower]], { expect }) => {
    const org = await withRows()
    // The last row, too; a swap needs one behind it.
    for (const seq of [1, 7, 16 - follower].reverse()) {
      const victim = seq === 1 ? org : await withRows()
      expect((await verify(victim)).ok).toBe(true)
      for (const statement of sql.split(';'))
        await inDatabase(statement.replaceAll('?1', `'${victim.orgId}'`).replaceAll('?2', String(seq)))
      expect(await verify(victim)).toEqual({ ok: false, checked: seq - 1, firstBroken: seq })
      expect((await victim.get('/api/audit-log')).status).toBe(200)
    }
  })

  it('misses a row that was deleted before it was sealed', async ({ expect }) => {
    for (const seq of [9, 16]) {
      const org = await withRows()
      await inDatabase('DELETE FROM audit_log WHERE org_id = ? AND seq = ?', org.orgId, seq)
      expect(await verify(org)).toEqual({ ok: false, checked: seq - 1, firstBroken: seq })
    }
  })

  it('breaks when rows are slipped in', async ({ expect }) => {
    const org = await withRows()
    await verify(org)
    await record(org.orgId, 50)
    await inDatabase('UPDATE audit_log SET seq = 1000 WHERE org_id = ? AND seq = 17', org.orgId)
    expect((await verify(org)).firstBroken).toBe(17)
  })

  it('breaks when its end is moved', async ({ expect }) => {
    const org = await withRows()
    await verify(org)
    await inDatabase("UPDATE audit_heads SET sealed_hash = 'other' WHERE org_id = ?", org.orgId)
    expect((await verify(org)).ok).toBe(false)
  })
})
