import type { ConnectionRow } from '../../store/connection-rows'
import { insertJob } from '../../store/connector-jobs'
import { isUniqueViolation } from '../../store/db'
import type { TenantDb } from '../../store/tenant-db'
import type { Ports } from './ports'

/**
 * A new job of a connection, stored and sent. One whose `id` is given is started once, however often it is asked for.
 * @returns its id, a UUID v4
 */
export async function startJob(
  db: TenantDb,
  ports: Ports,
  connection: Pick<ConnectionRow, 'id' | 'provider'>,
  kind: string,
  {
    userId,
    now,
    input = {},
    id = crypto.randomUUID(),
  }: {
    readonly userId: string
    readonly now: number
    readonly input?: Readonly<Record<string, unknown>>
    readonly id?: string
  },
): Promise<string> {
  const steps = ports.connectorOf(connection.provider)?.jobs[kind]?.steps.length ?? 1
  try {
    await db.commit([
      insertJob(db, {
        id,
        userId,
        connectionId: connection.id,
        provider: connection.provider,
        kind,
        totalSteps: steps,
        inputJson: { input, memory: {} },
        lastEnqueuedAt: now,
        createdAt: now,
        updatedAt: now,
      }),
    ])
  } catch (error) {
    if (isUniqueViolation(error)) return id
    throw error
  }
  await ports.sendJob(id)
  return id
}
