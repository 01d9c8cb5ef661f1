/** Asking the connected knowledge systems for documents: all at once, within bounds, and one that fails keeps nobody. */
import type { SystemAnswer } from '../../agent/facts'
import { documentsOutput } from '../../connectors/find-documents'
import { log } from '../../lib/log'
import { within } from '../../lib/within'
import type { ConnectionRow } from '../../store/connection-rows'
import type { TenantDb } from '../../store/tenant-db'
import { askVendor } from '../connectors/operations'
import type { Ports } from '../connectors/ports'
import type { Connected } from './connected-tools'
import { toolErrorOf } from './tool-errors'

const VERB = 'find_documents'
/** Accounts that are asked, over all systems. */
const MOST_ACCOUNTS = 6
/** Of each. */
const MOST_DOCUMENTS = 8
const PATIENCE_MS = 10_000

/** @param off tools that the organisation switched off: their systems are not asked, and the answer says so */
export const documentsOf =
  (db: TenantDb, ports: Ports, connected: ReadonlyMap<string, Connected>, off: ReadonlySet<string>) =>
  (query: string): Promise<readonly SystemAnswer[]> => {
    const accounts = [...connected].flatMap(([tool, { operation, rows }]) =>
      operation.name === VERB ? rows.map((row) => ({ tool, row })) : [],
    )
    return Promise.all(
      accounts.slice(0, MOST_ACCOUNTS).map(async ({ tool, row }): Promise<SystemAnswer> => {
        const system = tool.slice(0, -VERB.length - 1)
        if (off.has(tool)) return { system, documents: [], error: 'policy_denied' }
        return { system, ...(await askFor(db, ports, row, query)) }
      }),
    )
  }

async function askFor(
  db: TenantDb,
  ports: Ports,
  row: ConnectionRow,
  query: string,
): Promise<Omit<SystemAnswer, 'system'>> {
  const failed = (error: SystemAnswer['error']) => ({ documents: [], error })
  try {
    const outcome = await within(
      PATIENCE_MS,
      askVendor(db, ports, row, VERB, { query, limit: MOST_DOCUMENTS }),
    )
    if (outcome.kind === 'no_resources') return failed(null)
    if (outcome.kind === 'invalid_arguments') return failed('invalid_arguments')
    if (outcome.kind !== 'ok') return failed(toolErrorOf(outcome.kind))
    return { documents: documentsOutput.parse(outcome.value.data).documents, error: null }
  } catch (error) {
    log.error('documents.not_asked', error, { provider: row.provider })
    return failed('unreachable')
  }
}
