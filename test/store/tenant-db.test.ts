import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { incidents } from '../../drizzle/schema'
import { isGuardFailure } from '../../src/store/db'
import { openTenant } from '../../src/store/tenant-db'
import { seedIncident, seedOrganization } from '../support/seed'

const titleOf = (id: string) =>
  env.DB.prepare('SELECT alert_title FROM incidents WHERE id = ?').bind(id).first<string>('alert_title')

describe('a tenant’s handle', () => {
  it('changes and reads no row of another, also when it names its id', async ({ expect }) => {
    const [mine, other] = [await seedOrganization(), await seedOrganization()]
    const foreign = await seedIncident(other)
    const db = openTenant(env.DB, mine)
    await db.updateMany(incidents, ['alertTitle'], [{ id: foreign, alertTitle: 'Taken' }])
    expect(await titleOf(foreign)).toBe('Checkout is slow')
    expect(await db.join((query) => query.select().from(incidents).where(db.mineById(incidents)))).toEqual([])
    expect(await db.select(incidents)).toEqual([])
  })

  it('rolls the whole batch back when a guard does not hold', async ({ expect }) => {
    const orgId = await seedOrganization()
    const id = await seedIncident(orgId)
    const db = openTenant(env.DB, orgId)
    const failed = await db
      .commit([db.update(incidents, { alertTitle: 'Changed' }, undefined), db.ensureChanged(2)])
      .catch((error: unknown) => error)
    expect(isGuardFailure(failed)).toBe(true)
    expect(await titleOf(id)).toBe('Checkout is slow')
  })
})
