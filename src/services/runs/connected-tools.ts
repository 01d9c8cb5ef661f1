/** The tools of a run: our own, and what the organisation's connections can be asked. All of them only read. */
import { jsonSchema } from 'ai'
import * as z from 'zod'
import { ownTools, type Toolbox } from '../../agent/run/toolbox'
import { seal } from '../../agent/seal'
import type { ToolErrorCode } from '../../agent/evidence'
import { commandOf, type ToolOutcome } from '../../agent/tools/tool'
import { findConnector } from '../../connectors'
import type { Connector } from '../../connectors/connector'
import type { ConnectionRow } from '../../store/connection-rows'
import { liveConnections } from '../../store/connections'
import type { TenantDb } from '../../store/tenant-db'
import { askVendor, type AskOutcome } from '../connectors/operations'
import type { Ports } from '../connectors/ports'

/** One operation of a provider, and the accounts that it can be asked of. */
interface Connected {
  readonly operation: Connector['operations'][number]
  readonly rows: readonly [ConnectionRow, ...ConnectionRow[]]
}

/** The toolbox of an organisation's runs: one read for what is connected. */
export async function toolboxOf(db: TenantDb, ports: Ports): Promise<Toolbox> {
  const connected = connectedOf(await liveConnections(db, null))
  if (connected.size === 0) return ownTools
  return {
    names: [...ownTools.names, ...connected.keys()],
    offered: (names) => ({
      ...ownTools.offered(names),
      ...Object.fromEntries(
        [...connected].flatMap(([name, { operation, rows }]) =>
          names.includes(name)
            ? [[name, { description: operation.description, inputSchema: inputOf(operation, rows) }]]
            : [],
        ),
      ),
    }),
    isExternal: (name) => connected.has(name),
    run: async (name, args, context) => {
      const found = connected.get(name)
      return found === undefined ? ownTools.run(name, args, context) : ask(db, ports, name, found, args)
    },
  }
}

function connectedOf(rows: readonly ConnectionRow[]): ReadonlyMap<string, Connected> {
  const byProvider = Map.groupBy(rows, ({ provider }) => provider)
  return new Map(
    [...byProvider].flatMap(([provider, [first, ...others]]) =>
      first === undefined
        ? []
        : (findConnector(provider)?.operations ?? []).map((operation): [string, Connected] => [
            `${provider}_${operation.name}`,
            { operation, rows: [first, ...others] },
          ]),
    ),
  )
}

/** The operation's arguments, and which account is meant where there are several. */
function inputOf({ input }: Connector['operations'][number], rows: Connected['rows']) {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any', target: 'draft-7' })
  if (rows.length === 1) return jsonSchema({ ...schema, $schema: undefined })
  const account = {
    type: 'string' as const,
    enum: rows.map(({ accountId }) => accountId),
    description: 'Which connected account to ask; the first one when left out.',
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
  const row = account === undefined ? rows[0] : rows.find(({ accountId }) => accountId === account)
  if (row === undefined)
    return { kind: 'refused', code: 'invalid_arguments', message: 'No such account is connected.' }
  const outcome = await askVendor(db, ports, row, operation.name, own)
  if (outcome.kind === 'invalid_arguments')
    return { kind: 'refused', code: 'invalid_arguments', message: outcome.message }
  return {
    kind: 'evidence',
    result: seal({ command: commandOf(name, args), trust: 'normal', ...saidOf(outcome) }),
  }
}

const argsSchema = z.looseObject({ account: z.string().optional() }).catch({})

const CODES: Readonly<
  Record<Exclude<AskOutcome['kind'], 'ok' | 'invalid_arguments' | 'no_resources'>, ToolErrorCode>
> = {
  not_connected: 'not_connected',
  not_found: 'not_found',
  credential_refused: 'unauthorized',
  expired: 'unauthorized',
  insufficient_permission: 'forbidden',
  rate_limited: 'rate_limited',
  unreachable: 'unreachable',
  vendor_error: 'vendor_error',
  blocked: 'policy_denied',
}

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
        output: { error: CODES[outcome.kind] },
        errorCode: CODES[outcome.kind],
      } as const
  }
}

/** Nothing, or nothing but empty lists: an answer that supports no claim. */
function isEmpty(data: unknown): boolean {
  if (data === null || data === undefined || data === '') return true
  if (Array.isArray(data)) return data.length === 0
  const read = z.record(z.string(), z.unknown()).safeParse(data)
  if (!read.success) return false
  const lists = Object.values(read.data).filter((value) => Array.isArray(value))
  return lists.length > 0 && lists.every((value) => value.length === 0)
}
