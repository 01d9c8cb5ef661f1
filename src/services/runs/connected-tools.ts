/** The tools of a run: our own, and what the organisation's connections can be asked. All of them only read. */
import { jsonSchema } from 'ai'
import * as z from 'zod'
import { joined, toolboxFrom, without, type Toolbox } from '../../agent/run/toolbox'
import { seal } from '../../agent/seal'
import { tools } from '../../agent/tools'
import { commandOf, type Tool, type ToolOutcome } from '../../agent/tools/tool'
import { findConnector } from '../../connectors'
import type { Connector } from '../../connectors/connector'
import type { ConnectionRow } from '../../store/connection-rows'
import { liveConnections } from '../../store/connections'
import type { TenantDb } from '../../store/tenant-db'
import { toolDecisions } from '../../store/tool-permissions'
import { askVendor, type AskOutcome } from '../connectors/operations'
import type { Ports } from '../connectors/ports'
import { documentsOf } from './documents'
import { outsideTools } from './outside'
import { toolErrorOf } from './tool-errors'

/** One operation of a provider, and the accounts that it can be asked of. */
export interface Connected {
  readonly operation: Connector['operations'][number]
  readonly rows: readonly [ConnectionRow, ...ConnectionRow[]]
}

/** The toolbox of an organisation's runs: one trip for what is connected and what is switched off. */
export async function toolboxOf(db: TenantDb, ports: Ports): Promise<Toolbox> {
  const [rows, decisions] = await db.batch([liveConnections(db, null), toolDecisions(db)])
  const off = new Set(decisions.flatMap(({ tool, enabled }) => (enabled ? [] : [tool])))
  const connected = connectedOf(rows)
  const own = toolboxFrom(tools, false, { documents: documentsOf(db, ports, connected, off) })
  return without(joined(own, outsideTools(ports), connectedTools(db, ports, connected)), off)
}

/** What the organisation's connections can be asked. */
const connectedTools = (db: TenantDb, ports: Ports, connected: ReadonlyMap<string, Connected>): Toolbox =>
  toolboxFrom(
    [...connected].map(([name, found]): Tool => ({
      name,
      description: found.operation.description,
      access: 'read',
      // Spelled out only when it is offered: there can be hundreds.
      get input() {
        return inputOf(found)
      },
      run: (args) => ask(db, ports, name, found, args),
    })),
    true,
  )

export function connectedOf(rows: readonly ConnectionRow[]): ReadonlyMap<string, Connected> {
  const bySystem = Map.groupBy(rows, ({ provider }) => findConnector(provider)?.toolsAs ?? provider)
  return new Map(
    [...bySystem].flatMap(([system, [first, ...others]]) =>
      first === undefined
        ? []
        : (findConnector(first.provider)?.operations ?? []).map((operation): [string, Connected] => [
            `${system}_${operation.name}`,
            { operation, rows: [first, ...others] },
          ]),
    ),
  )
}

/** The operation's arguments, and which account is meant where there are several. */
function inputOf({ operation, rows }: Connected) {
  const schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any', target: 'draft-7' })
  if (rows.length === 1) return jsonSchema({ ...schema, $schema: undefined })
  const account = {
    type: 'string' as const,
    enum: rows.map(({ accountId }) => accountId),
    description: isAboutServices(operation)
      ? 'Which connected account to ask; when left out, the first one that knows the services.'
      : 'Which connected account to ask; the first one when left out.',
  }
  return jsonSchema({ ...schema, $schema: undefined, properties: { ...schema.properties, account } })
}

async function ask(
  db: TenantDb,
  ports: Ports,
  name: string,
  { operation, rows }: Connected,
  args: unknown,
): Promise<ToolOutcome> {
  const { account, ...own } = argsSchema.parse(args)
  const named = account === undefined ? rows : rows.filter(({ accountId }) => accountId === account)
  const [row] = named
  if (row === undefined)
    return { kind: 'refused', code: 'invalid_arguments', message: 'No such account is connected.' }
  const outcomes = await Promise.all(
    (isAboutServices(operation) ? named.slice(0, MOST_ACCOUNTS) : [row]).map((one) =>
      askVendor(db, ports, one, operation.name, own),
    ),
  )
  const outcome = outcomes.find(isTelling) ?? outcomes[0] ?? ({ kind: 'not_connected' } as const)
  if (outcome.kind === 'invalid_arguments')
    return { kind: 'refused', code: 'invalid_arguments', message: outcome.message }
  return {
    kind: 'evidence',
    result: seal({ command: commandOf(name, args), trust: 'normal', ...saidOf(outcome) }),
  }
}

/** Accounts that are asked at once for what none of them may have. */
const MOST_ACCOUNTS = 3

/** A question about services: nobody knows which account has them, so it goes to all. */
const isAboutServices = ({ name }: Connected['operation']): boolean => name.startsWith('service_')

const silent = z.object({ services: z.array(z.unknown()).length(0) })
const isTelling = (outcome: AskOutcome): boolean =>
  outcome.kind === 'ok' && !silent.safeParse(outcome.value.data).success

const argsSchema = z.looseObject({ account: z.string().optional() }).catch({})

function saidOf(outcome: Exclude<AskOutcome, { readonly kind: 'invalid_arguments' }>) {
  switch (outcome.kind) {
    case 'ok':
      return {
        status: isEmpty(outcome.value.data) ? 'empty' : 'success',
        output: outcome.value.data,
      } as const
    case 'no_resources':
      return { status: 'empty', output: null } as const
    default:
      return {
        status: 'error',
        output: { error: toolErrorOf(outcome.kind) },
        errorCode: toolErrorOf(outcome.kind),
      } as const
  }
}

/** Nothing, or nothing but empty lists: an answer that supports no claim. What has a shape of ours always tells something. */
function isEmpty(data: unknown): boolean {
  if (data === null || data === undefined || data === '') return true
  if (Array.isArray(data)) return data.length === 0
  const read = z.record(z.string(), z.unknown()).safeParse(data)
  if (!read.success || 'shape' in read.data) return false
  const lists = Object.values(read.data).filter((value) => Array.isArray(value))
  return lists.length > 0 && lists.every((value) => value.length === 0)
}
