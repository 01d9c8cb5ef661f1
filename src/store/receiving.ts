/** Storing deliveries and finding who they belong to: before a tenant is known, the ingest token decides. */
import { and, asc, eq, getTableColumns, gt, isNull, or, sql, type SQL } from 'drizzle-orm'
import { CasingCache } from 'drizzle-orm/casing'
import { ingestBodies, ingestDeliveries, integrations, refusedCounts, users } from '../../drizzle/schema'
import { HOUR } from '../lib/time'
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

// The first three parameters of each are those of `OWNER`.
const OWNER = `(ingest_token_hash = ?1 OR (previous_token_hash = ?1 AND previous_token_expires_at > ?3))
  AND source = ?2 AND deleted_at IS NULL`
/** Nothing but the token is asked for. */
const SIMPLE = `(enabled = 1 AND verification <> 'required' AND signing_secret IS NULL)`
const STORE_BY_TOKEN = `INSERT INTO ingest_deliveries
    (id, org_id, integration_id, source, delivery_key, state, authenticity, received_at, bytes, body_sha256, headers)
  SELECT ?4, org_id, id, ?2, ?5, 'received', 'token', ?3, ?6, ?7, ?8 FROM integrations WHERE ${OWNER} AND ${SIMPLE}
  ON CONFLICT (integration_id, delivery_key) DO NOTHING RETURNING id`
const STORE_BODY = `INSERT INTO ingest_bodies (delivery_id, org_id, body)
  SELECT id, org_id, ?2 FROM ingest_deliveries WHERE id = ?1 AND ?2 IS NOT NULL`
/** Why nothing was stored: the owner asks for more, or has the delivery already. Nothing when it was stored. */
const WHY_NOT_STORED = `SELECT *, ${SIMPLE} AS is_simple,
    (SELECT known.id FROM ingest_deliveries AS known WHERE known.integration_id = integrations.id AND known.delivery_key = ?5) AS known_delivery
  FROM integrations WHERE ${OWNER} AND NOT EXISTS (SELECT 1 FROM ingest_deliveries AS own WHERE own.id = ?4) LIMIT 1`

/** The receiving side of the database. */
export class Receiving {
  private readonly db: Database
  private readonly d1: D1Database

  constructor(d1: D1Database) {
    this.d1 = d1
    this.db = openDatabase(d1)
  }

  /**
   * Stores the delivery of whoever owns this token, in one round trip. Nothing is stored when the token is unknown, or when more than the token is asked for: a signature to verify, or an
   * integration that is switched off. Statements of constant text: building them anew for every alert costs more than
   * storing it.
   */
  async storeByToken(
    tokenHash: string,
    delivery: NewDelivery,
  ): Promise<{ readonly stored: StoredDelivery | null; readonly integration: IntegrationRow | null }> {
    const { id, source, deliveryKey, receivedAt, bytes, bodySha256, headers, body } = delivery
    const owner = [tokenHash, source, receivedAt] as const
    const [inserted, , reasons] = await this.d1.batch<Record<string, unknown>>([
      this.d1
        .prepare(STORE_BY_TOKEN)
        .bind(...owner, id, deliveryKey, bytes, bodySha256, JSON.stringify(headers)),
      this.d1.prepare(STORE_BODY).bind(id, body),
      this.d1.prepare(WHY_NOT_STORED).bind(...owner, id, deliveryKey),
    ])
    if ((inserted?.results.length ?? 0) > 0)
      return { stored: { deliveryId: id, duplicate: false }, integration: null }
    const [reason] = reasons?.results ?? []
    if (reason === undefined) return { stored: null, integration: null }
    const { is_simple: isSimple, known_delivery: known } = reason
    return isSimple === 1 && typeof known === 'string'
      ? { stored: { deliveryId: known, duplicate: true }, integration: null }
      : { stored: null, integration: integrationOf(reason) }
  }

  /** Stores the delivery of an integration that is known. */
  async storeFor(integration: IntegrationRow, delivery: NewDelivery, as: As): Promise<StoredDelivery> {
    const stored = await this.store(eq(integrations.id, integration.id), delivery, as)
    if (stored === null) throw new Error('the integration vanished while its delivery was stored')
    return stored
  }

  /** Remembers a request that failed verification: without its body, up to a number an hour, and then only as a number. */
  async storeRefused(integration: IntegrationRow, delivery: NewDelivery, reason: string): Promise<void> {
    const { id, receivedAt } = delivery
    const recent = sql`(SELECT count(*) FROM (SELECT 1 FROM ${ingestDeliveries} WHERE integration_id = ${integration.id} AND state = 'rejected' AND state IN ('rejected', 'held', 'dead') AND received_at > ${receivedAt - HOUR} LIMIT ${REJECTED_PER_HOUR})) < ${REJECTED_PER_HOUR}`
    await this.db.batch([
      ...this.storing(
        and(eq(integrations.id, integration.id), recent),
        { ...delivery, deliveryKey: `rejected:${id}`, body: null },
        { state: 'rejected', authenticity: 'none', reason },
      ),
      this.run(
        sql`INSERT INTO ${refusedCounts} (org_id, integration_id, hour, refused)
          SELECT org_id, id, ${Math.floor(receivedAt / HOUR)}, 1 FROM ${integrations}
          WHERE id = ${integration.id} AND NOT EXISTS (SELECT 1 FROM ${ingestDeliveries} WHERE id = ${id})
          ON CONFLICT (integration_id, hour) DO UPDATE SET refused = refused + 1`,
      ),
    ])
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

const casing = new CasingCache('snake_case')

/** A row of hand-written SQL, read as Drizzle reads its own. */
function integrationOf(raw: Readonly<Record<string, unknown>>): IntegrationRow {
  const values = Object.entries(getTableColumns(integrations)).map(([key, column]) => {
    const value = raw[casing.getColumnCasing(column)]
    return [key, value === null ? null : column.mapFromDriverValue(value)] as const
  })
  // Every column of the table under its key, as `IntegrationRow` is inferred from the same table.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return Object.fromEntries(values) as IntegrationRow
}

function storedAs(delivery: NewDelivery, [row]: readonly { readonly id: string }[]): StoredDelivery | null {
  return row === undefined ? null : { deliveryId: row.id, duplicate: row.id !== delivery.id }
}
