/** Which tools an organisation lets its runs and its people use. */
import * as z from 'zod'
import { tools } from '../agent/tools'
import { AppError, notFound } from '../lib/errors'
import { audit } from '../store/audit'
import type { ConnectionRow } from '../store/connection-rows'
import { liveConnections } from '../store/connections'
import * as store from '../store/tool-permissions'
import { writeTools } from './approvals/write-tools'
import type { Ports } from './connectors/ports'
import { requireRole, type Ctx } from './context'
import { connectedOf } from './runs/connected-tools'
import { publicTools } from './runs/outside'

interface KnownTool {
  readonly name: string
  readonly description: string
  readonly access: 'read' | 'write'
  /** `own` reads our rows, `public` needs no connection; else the provider. */
  readonly source: string
}

type Decision = Pick<store.PermissionRow, 'enabled' | 'updatedBy' | 'updatedAt'>

export interface ToolPermission extends KnownTool {
  readonly enabled: boolean
  /** Null where nobody decided: then a tool is on. */
  readonly decision: Omit<Decision, 'enabled'> | null
}

export const permissionInput = z.object({ enabled: z.boolean({ error: 'Invalid enabled' }) })

/** Every tool that this organisation has, in the order in which they are offered. */
export async function listToolPermissions({ db }: Ctx, ports: Ports): Promise<readonly ToolPermission[]> {
  const [rows, decisions] = await db.batch([liveConnections(db, null), store.toolDecisions(db)])
  const decided = new Map(decisions.map((row) => [row.tool, row]))
  return knownTools(rows, ports).map((known) => shown(known, decided.get(known.name)))
}

/** The last decision counts; it takes effect with the next step of a run. @throws AppError forbidden, not_found, invalid_state */
export async function setToolPermission(
  ctx: Ctx,
  ports: Ports,
  tool: string,
  { enabled }: z.output<typeof permissionInput>,
): Promise<ToolPermission> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const [rows, [before]] = await db.batch([liveConnections(db, null), store.toolDecision(db, tool)])
  const known = knownTools(rows, ports).find(({ name }) => name === tool)
  if (known === undefined) throw notFound('Tool not found')
  if (known.source === 'own') throw new AppError('invalid_state', 'This tool is always available')
  const decision = { tool, enabled, updatedBy: actor.userId, updatedAt: now }
  await db.commit([
    store.decideTool(db, decision),
    audit(db, {
      event: 'tool_permission.update',
      actor: actor.userId,
      subject: tool,
      before: { enabled: before?.enabled ?? true },
      after: { enabled },
      at: now,
    }),
  ])
  return shown(known, decision)
}

function knownTools(rows: readonly ConnectionRow[], ports: Ports): readonly KnownTool[] {
  const providers = new Set(rows.map(({ provider }) => provider))
  return [
    ...tools.map((tool) => ({ ...about(tool), access: 'read', source: 'own' }) as const),
    ...publicTools(ports).map((tool) => ({ ...about(tool), access: 'read', source: 'public' }) as const),
    ...[...connectedOf(rows)].map(([name, { operation, rows }]) => {
      const { description } = operation
      return { name, description, access: 'read', source: rows[0].provider } as const
    }),
    ...writeTools
      .filter(({ connector }) => providers.has(connector.id))
      .map((tool) => ({ ...about(tool), access: 'write', source: tool.connector.id }) as const),
  ]
}

const about = ({ name, description }: Pick<KnownTool, 'name' | 'description'>) => ({ name, description })

const shown = (known: KnownTool, row: Decision | undefined): ToolPermission => ({
  ...known,
  enabled: row?.enabled ?? true,
  decision: row === undefined ? null : { updatedBy: row.updatedBy, updatedAt: row.updatedAt },
})
