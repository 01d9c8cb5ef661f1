/** Machines that people wrote down, and key pairs for them. */
import { asc, eq, sql } from 'drizzle-orm'
import { manualVms, sshKeys } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type MachineRow = typeof manualVms.$inferSelect
export type SshKeyRow = typeof sshKeys.$inferSelect

export const machines = (db: TenantDb) => db.select(manualVms).orderBy(asc(manualVms.name)).limit(500)
export const machineById = (db: TenantDb, id: string) => db.select(manualVms, eq(manualVms.id, id)).limit(1)
export const insertMachine = (db: TenantDb, row: Omit<MachineRow, 'orgId'>) => db.insert(manualVms, row)
export const changeMachine = (
  db: TenantDb,
  id: string,
  changes: Partial<Omit<MachineRow, 'id' | 'orgId' | 'userId' | 'createdAt'>>,
) => db.update(manualVms, changes, eq(manualVms.id, id))
export const removeMachine = (db: TenantDb, id: string) => db.remove(manualVms, eq(manualVms.id, id))

export const keys = (db: TenantDb) => db.select(sshKeys).orderBy(asc(sshKeys.label)).limit(500)
export const keyById = (db: TenantDb, id: string) => db.select(sshKeys, eq(sshKeys.id, id)).limit(1)
export const insertKey = (db: TenantDb, row: Omit<SshKeyRow, 'orgId'>) => db.insert(sshKeys, row)
export const renameKey = (db: TenantDb, id: string, label: string) =>
  db.update(sshKeys, { label }, eq(sshKeys.id, id))

/** A key goes, and the machines that named it name none. */
export const removeKey = (db: TenantDb, id: string) => [
  db.update(manualVms, { sshKeyId: null }, eq(manualVms.sshKeyId, id)),
  db.remove(sshKeys, eq(sshKeys.id, id)),
]

/** Puts a private half under another master, unless it was moved meanwhile. */
export const resealKey = (db: TenantDb, known: SshKeyRow, privateKeySealed: string) =>
  db.update(
    sshKeys,
    { privateKeySealed },
    sql`${sshKeys.id} = ${known.id} AND ${sshKeys.privateKeySealed} = ${known.privateKeySealed}`,
  )
