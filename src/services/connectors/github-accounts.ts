/** The organisation's accounts at GitHub: a person's login, and installations of the App. */
import { github } from '../../connectors/github'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import type { TenantDb } from '../../store/tenant-db'
import type { Ctx } from '../context'
import { notConnected } from './refusal'

export const isInstallation = (row: ConnectionRow): boolean => row.method === 'api_key'

/** Whether this account is the one to ask about repositories of `owner`. */
const owns = (row: ConnectionRow, owner: string): boolean =>
  isInstallation(row) && row.accountName.toLowerCase() === owner.toLowerCase()

/** The accounts, installations first: they see less and last longer. */
export async function githubAccounts(db: TenantDb): Promise<readonly ConnectionRow[]> {
  const rows = await store.liveConnections(db, github.id)
  return [...rows.filter(isInstallation), ...rows.filter((row) => !isInstallation(row))]
}

/** The one that sees an owner's repositories: its installation, else the login, else any. */
export const accountFor = (rows: readonly ConnectionRow[], owner: string): ConnectionRow | null =>
  rows.find((row) => owns(row, owner)) ?? rows.find((row) => !isInstallation(row)) ?? rows[0] ?? null

/** @throws AppError not_connected */
export async function githubAccountFor(ctx: Ctx, owner: string): Promise<ConnectionRow> {
  const row = accountFor(await githubAccounts(ctx.db), owner)
  if (row === null) throw notConnected(github)
  return row
}

/** The number of the installation that owns this repository; null for one of the login. */
export function installationOf(rows: readonly ConnectionRow[], owner: string): number | null {
  const row = rows.find((it) => owns(it, owner))
  const number = row?.publicJson['installationId']
  return typeof number === 'number' ? number : null
}
