import { and, eq } from 'drizzle-orm'
import { incidentCounts, organizations, organizationSettings } from '../../drizzle/schema'
import type { Database, Statement } from './db'
import { TenantDb } from './tenant-db'

export interface NewOrganization {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly createdBy: string
  readonly now: number
}

/** A new organisation with the rows that later reads expect to be there: settings and incident counts. */
export function insertOrganization(
  db: Database,
  { now, ...organization }: NewOrganization,
): readonly [Statement, ...Statement[]] {
  const tenant = new TenantDb(db, organization.id)
  return [
    db.insert(organizations).values({ ...organization, createdAt: now, updatedAt: now }),
    tenant.insert(organizationSettings, { updatedAt: now }),
    tenant.insert(incidentCounts, {}),
  ]
}

/** The organisation itself; `[row]`. */
export const organizationOf = (tenant: TenantDb) =>
  tenant.join((db) => db.select().from(organizations).where(eq(organizations.id, tenant.orgId)).limit(1))

/** Renames the organisation that was read, if nobody else did since; `[row]` as it is then. */
export const renameOrganization = (
  tenant: TenantDb,
  read: { readonly updatedAt: number },
  changes: { readonly name?: string; readonly slug?: string; readonly updatedAt: number },
) =>
  tenant.join((db) =>
    db
      .update(organizations)
      .set(changes)
      .where(and(eq(organizations.id, tenant.orgId), eq(organizations.updatedAt, read.updatedAt)))
      .returning(),
  )
