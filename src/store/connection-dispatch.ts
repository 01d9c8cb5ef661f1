/** What sweeps and jobs ask of connections across organisations: ids and whose they are, and nothing of what they hold. */
import { and, asc, eq, inArray, isNotNull, isNull, lt, ne, or, sql } from 'drizzle-orm'
import {
  connections,
  connectionSecrets,
  connectorJobs,
  githubOwnershipProofs,
  integrations,
  oauthStates,
  sshKeys,
} from '../../drizzle/schema'
import type { ConnectorJobRow, SecretRow } from './connection-rows'
import type { IntegrationRow } from './integration-rows'
import type { SshKeyRow } from './machines'
import { openDatabase, type Database } from './db'

export class ConnectionDispatch {
  private readonly db: Database

  constructor(d1: D1Database) {
    this.db = openDatabase(d1)
  }

  /** Whose job this is, or null. */
  async ownerOfJob(jobId: string): Promise<string | null> {
    const [row] = await this.db
      .select({ orgId: connectorJobs.orgId })
      .from(connectorJobs)
      .where(eq(connectorJobs.id, jobId))
      .limit(1)
    return row?.orgId ?? null
  }

  /** Whether another live connection, of any organisation, stands on the same account's grant. */
  async sharesGrant(provider: string, accountId: string, exceptId: string): Promise<boolean> {
    const [row] = await this.db
      .select({ id: connections.id })
      .from(connections)
      .where(
        and(
          eq(connections.provider, provider),
          eq(connections.accountId, accountId),
          ne(connections.id, exceptId),
          eq(connections.method, 'oauth_code'),
          inArray(connections.status, ['connected', 'error']),
        ),
      )
      .limit(1)
    return row !== undefined
  }

  /** Live connections to this account, of any organisation: a vendor tells of an account, not of a tenant. */
  async liveOfAccount(provider: string, accountId: string) {
    return this.db
      .select({
        id: connections.id,
        orgId: connections.orgId,
        userId: connections.userId,
        provider: connections.provider,
      })
      .from(connections)
      .where(
        and(
          eq(connections.provider, provider),
          eq(connections.accountId, accountId),
          inArray(connections.status, ['connected', 'error']),
        ),
      )
      .limit(100)
  }

  /** Jobs that nobody is at work on, and marks them as sent. */
  async stuckJobs(now: number, limit: number): Promise<readonly string[]> {
    const quiet = now - 60_000
    const rows = await this.db
      .update(connectorJobs)
      .set({ lastEnqueuedAt: now })
      .where(
        inArray(
          connectorJobs.id,
          this.db
            .select({ id: connectorJobs.id })
            .from(connectorJobs)
            .where(
              and(
                inArray(connectorJobs.state, ['PENDING', 'STARTED', 'PROGRESS']),
                isNull(connectorJobs.claimSealed),
                or(isNull(connectorJobs.leaseUntil), lt(connectorJobs.leaseUntil, now)),
                sql`coalesce(${connectorJobs.lastEnqueuedAt}, ${connectorJobs.createdAt}) < ${quiet}`,
              ),
            )
            .orderBy(asc(connectorJobs.updatedAt))
            .limit(limit),
        ),
      )
      .returning({ id: connectorJobs.id })
    return rows.map(({ id }) => id)
  }

  /** Unclaimed logins whose time is over: taken out here, to be revoked by the caller. */
  async takeUnclaimed(now: number, limit: number): Promise<readonly ConnectorJobRow[]> {
    return this.db
      .delete(connectorJobs)
      .where(
        inArray(
          connectorJobs.id,
          this.db
            .select({ id: connectorJobs.id })
            .from(connectorJobs)
            .where(and(isNotNull(connectorJobs.claimSealed), lt(connectorJobs.claimExpiresAt, now)))
            .limit(limit),
        ),
      )
      .returning()
  }

  /** Forgets logins and proofs that ran out, and jobs older than `jobsBefore`. */
  async prune(now: number, jobsBefore: number): Promise<void> {
    await this.db.batch([
      this.db.delete(oauthStates).where(lt(oauthStates.expiresAt, now)),
      this.db.delete(githubOwnershipProofs).where(lt(githubOwnershipProofs.expiresAt, now)),
      this.db
        .delete(connectorJobs)
        .where(and(lt(connectorJobs.createdAt, jobsBefore), isNull(connectorJobs.claimSealed))),
    ])
  }

  /** Secrets whose data keys are wrapped under this master. */
  async secretsUnder(kid: string, limit: number): Promise<readonly SecretRow[]> {
    return this.db.select().from(connectionSecrets).where(eq(connectionSecrets.kid, kid)).limit(limit)
  }

  /** Integrations with a signing secret under this master. */
  async signingSecretsUnder(kid: string, limit: number): Promise<readonly IntegrationRow[]> {
    const prefix = `v1.${kid}.`
    return this.db
      .select()
      .from(integrations)
      .where(
        or(
          sql`substr(${integrations.signingSecret}, 1, ${prefix.length}) = ${prefix}`,
          sql`substr(${integrations.previousSigningSecret}, 1, ${prefix.length}) = ${prefix}`,
        ),
      )
      .limit(limit)
  }

  /** Private SSH keys under this master. */
  async sshKeysUnder(kid: string, limit: number): Promise<readonly SshKeyRow[]> {
    const prefix = `v1.${kid}.`
    return this.db
      .select()
      .from(sshKeys)
      .where(sql`substr(${sshKeys.privateKeySealed}, 1, ${prefix.length}) = ${prefix}`)
      .limit(limit)
  }

  /** Connections nobody verified since `before`, and marks them, so that the next round takes others. */
  async toRevalidate(before: number, now: number, limit: number) {
    return this.db
      .update(connections)
      .set({ checkedAt: now })
      .where(
        inArray(
          connections.id,
          this.db
            .select({ id: connections.id })
            .from(connections)
            .where(
              and(
                eq(connections.status, 'connected'),
                isNull(connections.parentId),
                lt(connections.lastVerifiedAt, before),
                or(isNull(connections.checkedAt), lt(connections.checkedAt, before)),
              ),
            )
            .orderBy(asc(connections.lastVerifiedAt))
            .limit(limit),
        ),
      )
      .returning({
        id: connections.id,
        orgId: connections.orgId,
        userId: connections.userId,
        provider: connections.provider,
      })
  }

  /** Whether the sweep has to come back for connections. */
  async somethingPending(): Promise<boolean> {
    const [row] = await this.db.all<{ pending: number }>(
      sql`SELECT EXISTS (SELECT 1 FROM connector_jobs WHERE state IN ('PENDING', 'STARTED', 'PROGRESS') OR claim_sealed IS NOT NULL)
        OR EXISTS (SELECT 1 FROM oauth_states) AS pending`,
    )
    return row?.pending === 1
  }
}
