/** Deliveries as they lie in storage. */
import { env } from 'cloudflare:workers'
import { integrations } from '../../drizzle/schema'
import { newId } from '../../src/lib/ids'
import { hashToken, newIngestToken } from '../../src/services/ingest-token'
import { Receiving } from '../../src/store/receiving'
import { openTenant } from '../../src/store/tenant-db'
import { seedOrganization } from './seed'

/** A stored delivery that no message speaks of. */
export async function aDelivery(body: unknown, source = 'generic', receivedAt = Date.now()) {
  const orgId = await seedOrganization()
  const token = newIngestToken()
  const ingestTokenHash = await hashToken(token)
  await openTenant(env.DB, orgId).insert(integrations, {
    id: newId(),
    source,
    name: 'Monitoring',
    verification: 'token_only',
    ingestTokenHash,
    tokenSuffix: token.slice(-4),
    createdBy: newId(),
  })
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const id = newId()
  await new Receiving(env.DB).storeByToken(ingestTokenHash, {
    id,
    source,
    deliveryKey: id,
    receivedAt,
    bytes: text.length,
    bodySha256: 'x',
    headers: {},
    body: text,
  })
  const count = async (table: string) =>
    env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE org_id = ?`).bind(orgId).first<number>('n')
  return { id, orgId, count }
}
