/** Storing deliveries and finding who they belong to: before a tenant is known, the ingest token decides. */
import { and, asc, eq, gt, isNull, or, sql, type SQL } from 'drizzle-orm'
import { ingestBodies, ingestDeliveries, integrations, users } from '../../drizzle/schema'
import type { IntegrationRow } from './integration-rows'
import { batchable, openDatabase, type Database } from './db'

/** A request as it will be stored. */
export interface NewDelivery {
  readonly id: string
  readonly source: string
  readonly deliveryKey: string
  readonly receivedAt: number
  readonly bytes: number
  readonly bodySha256: string
  readonly headers: Readonly<Record<string, string>>
  /** The text of the body; null when it is not kept. */
  readonly body: string | null
}

export interface StoredDelivery {
  readonly deliveryId: string
  readonly duplicate: boolean
}

interface As {
  readonly state: 'received' | 'held' | 'skipped' | 'rejected'
  readonly authenticity: 'signature' | 'token' | 'session' | 'none'
  readonly reason: string | null
}

/** How many refused requests of one integration are kept in an hour. */
const REJECTED_PER_HOUR = 100
/** Under how many secrets of a user's integrations one signature is tried. */
const MOST_CANDIDATES = 10

/** The receiving side of the database. */
export class Receiving {
  private readonly db: Database

  constructor(d1: D1Database) {
    this.db = openDatabase(d1)
  }

  /**
   * Stores the delivery of whoever owns this token, in one round trip. Nothing is stored when the token is unknown, or when
   * more than the token is asked for: a signature to verify, or an integration that is switched off.
   */
  async storeByToken(
    tokenHash: string,
    delivery: NewDelivery,
  ): Promise<{ readonly stored: StoredDelivery | null; readonly integration: IntegrationRow | null }> {
    const owner = this.ownsToken(tokenHash, delivery.source, delivery.receivedAt)
    const simple = and(
      owner,
      eq(integrations.enabled, true),
      sql`${integrations.verification} <> 'required'`,
      isNull(integrations.signingSecret),
    )
    const as = { state: 'received', authenticity: 'token', reason: null } as const
    const [, , found, owners] = await this.db.batch([
      ...this.storing(simple, delivery, as),
      this.db.select().from(integrations).where(owner).limit(1),
    ])
    return { stored: storedAs(delivery, found), integration: owners[0] ?? null }
  }

  /** Stores the delivery of an integration that is known. */
  async storeFor(integration: IntegrationRow, delivery: NewDelivery, as: As): Promise<StoredDelivery> {
    const stored = await this.store(eq(integrations.id, integration.id), delivery, as)
    if (stored === null) throw new Error('the integration vanished while its delivery was stored')
    return stored
  }

  /** Remembers a request that failed verification, without its body, up to a number an hour. */
  async storeRefused(integration: IntegrationRow, delivery: NewDelivery, reason: string): Promise<void> {
    const hourAgo = delivery.receivedAt - 3_600_000
    const recent = sql`(SELECT count(*) FROM (SELECT 1 FROM ${ingestDeliveries} WHERE integration_id = ${integration.id} AND state = 'rejected' AND state IN ('rejected', 'held', 'dead') AND received_at > ${hourAgo} LIMIT ${REJECTED_PER_HOUR})) < ${REJECTED_PER_HOUR}`
    await this.store(
      and(eq(integrations.id, integration.id), recent),
      { ...delivery, deliveryKey: `rejected:${delivery.id}`, body: null },
      { state: 'rejected', authenticity: 'none', reason },
    )
  }

  /** The integration of a token, current or within its grace after a rotation. */
  async byToken(tokenHash: string, source: string, now: number): Promise<IntegrationRow | null> {
    const [row] = await this.db
      .select()
      .from(integrations)
      .where(this.ownsToken(tokenHash, source, now))
      .limit(1)
    return row ?? null
  }

  async byId(id: string, source: string): Promise<IntegrationRow | null> {
    const [row] = await this.db
      .select()
      .from(integrations)
      .where(and(eq(integrations.id, id), eq(integrations.source, source), isNull(integrations.deletedAt)))
      .limit(1)
    return row ?? null
  }

  /** The enabled integrations of this source in a user's organisation, oldest first. */
  async ofUser(userId: string, source: string): Promise<readonly IntegrationRow[]> {
    const org = sql`(SELECT org_id FROM ${users} WHERE id = ${userId})`
    return this.db
      .select()
      .from(integrations)
      .where(
        and(
          sql`${integrations.orgId} = ${org}`,
          eq(integrations.source, source),
          eq(integrations.enabled, true),
          isNull(integrations.deletedAt),
        ),
      )
      .orderBy(asc(integrations.createdAt))
      .limit(MOST_CANDIDATES)
  }

  private ownsToken(tokenHash: string, source: string, now: number): SQL | undefined {
    return and(
      or(
        eq(integrations.ingestTokenHash, tokenHash),
        and(eq(integrations.previousTokenHash, tokenHash), gt(integrations.previousTokenExpiresAt, now)),
      ),
      eq(integrations.source, source),
      isNull(integrations.deletedAt),
    )
  }

  private async store(who: SQL | undefined, delivery: NewDelivery, as: As): Promise<StoredDelivery | null> {
    const [, , found] = await this.db.batch(this.storing(who, delivery, as))
    return storedAs(delivery, found)
  }

  /** The row unless its key is known, its body, and the row that holds the key now. */
  private storing(who: SQL | undefined, delivery: NewDelivery, as: As) {
    const { id, deliveryKey, body } = delivery
    return [
      this.run(
        sql`INSERT INTO ${ingestDeliveries} (id, org_id, integration_id, source, delivery_key, state, authenticity, received_at, bytes, body_sha256, headers, reason)
          SELECT ${id}, org_id, id, ${delivery.source}, ${deliveryKey}, ${as.state}, ${as.authenticity}, ${delivery.receivedAt}, ${delivery.bytes}, ${delivery.bodySha256}, ${JSON.stringify(delivery.headers)}, ${as.reason}
          FROM ${integrations} WHERE ${who} ON CONFLICT (integration_id, delivery_key) DO NOTHING`,
      ),
      this.run(
        sql`INSERT INTO ${ingestBodies} (delivery_id, org_id, body) SELECT id, org_id, ${body} FROM ${ingestDeliveries} WHERE id = ${id} AND ${body} IS NOT NULL`,
      ),
      this.db
        .select({ id: ingestDeliveries.id })
        .from(ingestDeliveries)
        .where(
          and(
            sql`${ingestDeliveries.integrationId} = (SELECT ${integrations.id} FROM ${integrations} WHERE ${who})`,
            eq(ingestDeliveries.deliveryKey, deliveryKey),
          ),
        ),
    ] as const
  }

  private run(statement: SQL) {
    return batchable(this.db, this.db.run(statement))
  }
}

function storedAs(delivery: NewDelivery, [row]: readonly { readonly id: string }[]): StoredDelivery | null {
  return row === undefined ? null : { deliveryId: row.id, duplicate: row.id !== delivery.id }
}
