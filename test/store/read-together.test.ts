import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { incidents } from '../../drizzle/schema'
import { plain } from '../../src/store/plain-sql'
import { columns, shape } from '../../src/store/read'
import { openTenant } from '../../src/store/tenant-db'
import { anOrg } from '../support/org'
import { seedIncident } from '../support/seed'

const NUMBER = columns<{ readonly n: number }>('n')
const whole = shape(incidents, {
  id: incidents.id,
  title: incidents.alertTitle,
  metadata: incidents.alertMetadata,
  services: incidents.affectedServices,
  preMerge: incidents.preMergeState,
  startedAt: incidents.startedAt,
})

describe('reads', () => {
  it('give the same rows alone, in a batch and together', async ({ expect }) => {
    const org = await anOrg()
    const id = await seedIncident(org.orgId)
    const odd = { 'a "quoted" \\ key': ['\u0001', '1.0', 0.1 + 0.2, null, { nested: 'ü 😀' }] }
    await env.DB.prepare('UPDATE incidents SET alert_metadata = ?, alert_title = ? WHERE id = ?')
      .bind(JSON.stringify(odd), '["no", JSON]', id)
      .run()
    const db = openTenant(env.DB, org.orgId)
    const read = () => db.read(whole, plain`id = ${id}`)
    const [row] = await read()
    expect(row).toMatchObject({ id, title: '["no", JSON]', metadata: odd, preMerge: null })
    const [[together]] = await db.together([read()])
    const [[batched]] = await db.batch([read()])
    expect([together, batched]).toEqual([row, row])
  })

  it('go together in any number up to 25, each with its own rows in their order', async ({ expect }) => {
    const { orgId } = await anOrg()
    const db = openTenant(env.DB, orgId)
    const counting = (from: number, rows: number) =>
      db.ask(
        NUMBER,
        plain`WITH RECURSIVE c(n) AS (SELECT ${from} UNION ALL SELECT n - 1 FROM c) SELECT CAST(n AS INTEGER) AS n FROM c LIMIT ${rows}`,
      )
    for (const size of [1, 5, 6, 11, 25]) {
      const results = await db.together(Array.from({ length: size }, (_, n) => counting(100 * n, n % 4)))
      expect(results.map((rows) => rows.map(({ n }) => n))).toEqual(
        Array.from({ length: size }, (_, n) => [0, 1, 2, 3].slice(0, n % 4).map((down) => 100 * n - down)),
      )
    }
  })

  it('find nothing of another organisation', async ({ expect }) => {
    const [org, other] = [await anOrg(), await anOrg()]
    const id = await seedIncident(org.orgId)
    const db = openTenant(env.DB, other.orgId)
    const all = [db.read(whole, plain`id = ${id}`), db.read(whole, plain`0 OR 1`, plain`LIMIT 10`)] as const
    expect(await db.together(all)).toEqual([[], []])
  })
})
