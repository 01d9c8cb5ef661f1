/** Jobs that are the core's own and not a provider's: each decides by itself what it writes. */
import type { Connector } from '../../connectors/connector'
import type { Refusal } from '../../connectors/outcome'
import type { ConnectionRow, ConnectorJobRow } from '../../store/connection-rows'
import type { TenantDb } from '../../store/tenant-db'
import { answerMention } from './answer-mention'
import { describeRepository } from './describe-repository'
import type { Ports } from './ports'
import { proveStored } from './status'

/** Asks the vendor whether a credential still works. */
export const REVALIDATE = 'revalidate'
/** Answers a person who spoke to the bot. */
export const MENTION = 'mention'
/** Writes down what a chosen repository is about. */
export const DESCRIBE = 'repo_metadata'

export interface CoreWork {
  readonly db: TenantDb
  readonly ports: Ports
  readonly connector: Connector
  readonly row: ConnectionRow
  readonly job: ConnectorJobRow
  readonly now: number
}

export type CoreOutcome =
  | { readonly kind: 'done'; readonly result: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'wait'
      readonly memory: Readonly<Record<string, unknown>>
      readonly delaySeconds: number
    }
  /** `text` is shown to people: never a vendor's words. */
  | { readonly kind: 'failed'; readonly code: string; readonly text: string }
  | { readonly kind: 'not_connected' }
  | Refusal

type CoreJob = (work: CoreWork) => Promise<CoreOutcome>

const revalidate: CoreJob = async ({ db, ports, connector, row, now }) => {
  await proveStored(db, ports, connector, row, now)
  return { kind: 'done', result: {} }
}

const CORE: Readonly<Record<string, CoreJob>> = {
  [REVALIDATE]: revalidate,
  [MENTION]: answerMention,
  [DESCRIBE]: describeRepository,
}

/** The core's job of this kind, or null. */
export const coreJobOf = (kind: string): CoreJob | null => CORE[kind] ?? null
