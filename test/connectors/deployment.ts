/** A deployment with one provider of its own: the verbs over real rows and brokers, with a vendor in this process. */
import { env } from 'cloudflare:workers'
import type { Connector } from '../../src/connectors/connector'
import { newId } from '../../src/lib/ids'
import { openPorts, type Ports } from '../../src/services/connectors/ports'
import type { Ctx, Role } from '../../src/services/context'
import { openTenant } from '../../src/store/tenant-db'

export const ORIGIN = 'https://aurora.example'

/** The ports of a deployment that knows this provider, and the jobs that were sent. */
export function deploymentOf(
  connector: Connector,
  http: typeof fetch,
  variables: Readonly<Record<string, string>> = {},
  origin = ORIGIN,
): { readonly ports: Ports; readonly jobs: string[] } {
  const jobs: string[] = []
  const send = {
    job: async (id: string): Promise<void> => void jobs.push(id),
    run: async (): Promise<void> => undefined,
  }
  const known = openPorts(env, { ...env, ...variables }, origin, send, http)
  return { jobs, ports: { ...known, connectorOf: (id) => (id === connector.id ? connector : null) } }
}

/** Somebody of a new organisation, or of this one. */
export async function someone(role: Role = 'editor', orgId = newId()): Promise<Ctx> {
  const userId = newId()
  await env.DB.batch([
    env.DB.prepare(
      "INSERT OR IGNORE INTO organizations (id, name, slug, created_by) VALUES (?1, 'Org', ?1, ?2)",
    ).bind(orgId, userId),
    env.DB.prepare('INSERT INTO users (id, org_id, email, password_hash, role) VALUES (?, ?, ?, ?, ?)').bind(
      userId,
      orgId,
      `${userId}@example.com`,
      'none',
      role,
    ),
  ])
  return {
    actor: { userId, orgId, role, sid: null },
    db: openTenant(env.DB, orgId),
    now: Date.now(),
    nudge: {
      run: () => undefined,
      stopped: () => undefined,
      delivery: () => undefined,
      feed: () => undefined,
    },
  }
}
