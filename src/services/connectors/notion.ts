/** Notion on its older paths. */
import { notion } from '../../connectors/notion'
import {
  databasePage,
  oneDatabase,
  type Database,
  type DatabasePage,
} from '../../connectors/notion/databases'
import { ok, type Outcome } from '../../connectors/outcome'
import { AppError } from '../../lib/errors'
import type { Ctx } from '../context'
import { askAccount } from './ask-account'
import { connectAccount, type Connected } from './connect'
import type { Ports } from './ports'

/** Connects with an integration's token. @throws AppError as `connectAccount`, with 401 for a refused token */
export async function connectNotion(ctx: Ctx, ports: Ports, form: unknown): Promise<Connected> {
  try {
    return await connectAccount(ctx, ports, notion, form)
  } catch (error) {
    if (error instanceof AppError && error.code === 'credential_refused')
      throw new AppError(error.code, error.message, { status: 401 })
    throw error
  }
}

const MOST_PAGES = 10

/** Every database, up to ten pages. @throws AppError not_connected, vendor refusals */
export const listDatabases = (ctx: Ctx, ports: Ports): Promise<readonly Database[]> =>
  askAccount(ctx, ports, notion, 'uniform', async (vendor, access) => {
    const all: Database[] = []
    let cursor: string | null = null
    for (let count = 0; count < MOST_PAGES; count++) {
      const page: Outcome<DatabasePage> = await databasePage(vendor, access, cursor)
      if (page.kind !== 'ok') return page
      all.push(...page.value.databases)
      cursor = page.value.next
      if (cursor === null) break
    }
    return ok(all)
  })

/** @throws AppError not_connected, vendor refusals */
export const readDatabase = (ctx: Ctx, ports: Ports, id: string) =>
  askAccount(ctx, ports, notion, 'uniform', (vendor, access) => oneDatabase(vendor, access, id))
