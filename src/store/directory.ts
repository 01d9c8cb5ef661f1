/**
 * What is read and written before a tenant is known. Nothing else may look across organisations.
 */
import { and, eq, or, sql } from 'drizzle-orm'
import { accessTokens, agentTokens, auditLog, organizations, users } from '../../drizzle/schema'
import type { Role } from '../lib/session-token'
import { audit } from './audit'
import { openDatabase, violatedUnique } from './db'
import { insertOrganization } from './organizations'
import { TenantDb } from './tenant-db'
import { memberColumns } from './users'

export interface Identity {
  readonly userId: string
  readonly orgId: string
  readonly role: Role
}

/** A personal access token with its owner as they are now. */
export interface TokenOwner extends Identity {
  readonly tokenId: string
  readonly scope: 'read' | 'write'
  /** ms since the epoch; null: never. */
  readonly expiresAt: number | null
  readonly revokedAt: number | null
}

/** A token of a cluster's agent with what it stands for. */
export interface AgentTokenOwner {
  readonly tokenId: string
  readonly orgId: string
  readonly tokenHash: string
  readonly clusterId: string
  readonly clusterName: string
  readonly status: 'active' | 'revoked'
  /** ms since the epoch; null: never. */
  readonly expiresAt: number | null
  readonly previousUntil: number | null
}

export interface Member {
  readonly id: string
  readonly orgId: string
  readonly email: string
  readonly name: string | null
  readonly role: Role
  readonly mustChangePassword: boolean
  readonly passwordHash: string
  readonly orgName: string
}

export interface Registration {
  readonly userId: string
  readonly orgId: string
  readonly email: string
  readonly name: string | null
  readonly passwordHash: string
  readonly orgName: string
  readonly orgSlug: string
  readonly now: number
}

export interface LoginRecord {
  readonly event: 'login.succeeded' | 'login.failed'
  /** Null when the e-mail is unknown. */
  readonly user: { readonly id: string; readonly orgId: string } | null
  /** SHA-256 of the e-mail, hex. */
  readonly emailHash: string
  readonly at: number
}

/** When the oldest work that waits was accepted, ms; null when none waits. */
export interface OldestPending {
  readonly delivery: number | null
  readonly run: number | null
}

export type Directory = ReturnType<typeof openDirectory>

/** The directory over this database. */
export function openDirectory(d1: D1Database) {
  const db = openDatabase(d1)
  return {
    /** The user with this e-mail (normalised), or null. */
    async findMemberByEmail(email: string): Promise<Member | null> {
      const [member] = await db.select(memberColumns).from(users).where(eq(users.email, email)).limit(1)
      return member ?? null
    },

    /** Organisation and role of a user that a trusted server named, or null. */
    async findIdentity(userId: string): Promise<Identity | null> {
      const [identity] = await db
        .select({ userId: users.id, orgId: users.orgId, role: users.role })
        .from(users)
        .where(eq(users.id, userId))
        .limit(1)
      return identity ?? null
    },

    /** The token with this hash, while its owner is in the organisation it was made in; or null. */
    async findAccessToken(tokenHash: string): Promise<TokenOwner | null> {
      const [owner] = await db
        .select({
          // Two columns called `id` would be one in a metered database.
          tokenId: sql<string>`${accessTokens.id}`.as('token_id'),
          scope: accessTokens.scope,
          expiresAt: accessTokens.expiresAt,
          revokedAt: accessTokens.revokedAt,
          userId: users.id,
          orgId: users.orgId,
          role: users.role,
        })
        .from(accessTokens)
        .innerJoin(users, and(eq(users.id, accessTokens.userId), eq(users.orgId, accessTokens.orgId)))
        .where(eq(accessTokens.tokenHash, tokenHash))
        .limit(1)
      return owner ?? null
    },

    /** The agent token with this hash, be it the current one or the one that a rotation replaced; or null. */
    async findAgentToken(hash: string): Promise<AgentTokenOwner | null> {
      const [token] = await db
        .select({
          tokenId: agentTokens.id,
          orgId: agentTokens.orgId,
          tokenHash: agentTokens.tokenHash,
          clusterId: agentTokens.clusterId,
          clusterName: agentTokens.clusterName,
          status: agentTokens.status,
          expiresAt: agentTokens.expiresAt,
          previousUntil: agentTokens.previousUntil,
        })
        .from(agentTokens)
        .where(or(eq(agentTokens.tokenHash, hash), eq(agentTokens.previousHash, hash)))
        .limit(1)
      return token ?? null
    },

    /** Which of the two unique names of a registration are gone already. */
    async findTaken(
      email: string,
      slug: string,
    ): Promise<{ readonly email: boolean; readonly slug: boolean }> {
      const row = await db.get<{ email: number; slug: number }>(
        sql`SELECT EXISTS (SELECT 1 FROM ${users} WHERE ${users.email} = ${email}) AS email, EXISTS (SELECT 1 FROM ${organizations} WHERE ${organizations.slug} = ${slug}) AS slug`,
      )
      return { email: row.email === 1, slug: row.slug === 1 }
    },

    /** Organisation, its first admin and the audit row, all or nothing; of racers for one name the first wins. */
    async register(it: Registration): Promise<'registered' | 'email_taken' | 'slug_taken'> {
      const tenant = new TenantDb(db, it.orgId)
      const organization = {
        id: it.orgId,
        name: it.orgName,
        slug: it.orgSlug,
        createdBy: it.userId,
        now: it.now,
      }
      try {
        await db.batch([
          ...insertOrganization(db, organization),
          tenant.insert(users, {
            id: it.userId,
            email: it.email,
            name: it.name,
            passwordHash: it.passwordHash,
            role: 'admin',
            createdAt: it.now,
            updatedAt: it.now,
          }),
          audit(tenant, { event: 'user.registered', actor: it.userId, subject: it.userId, at: it.now }),
        ])
        return 'registered'
      } catch (error) {
        const column = violatedUnique(error)
        if (column === 'users.email') return 'email_taken'
        if (column === 'organizations.slug') return 'slug_taken'
        throw error
      }
    },

    /** Writes down a login, the same single row for every outcome. */
    async recordLogin({ event, user, emailHash, at }: LoginRecord): Promise<void> {
      await db.insert(auditLog).values({
        orgId: user?.orgId ?? null,
        actor: user?.id ?? null,
        event,
        subject: user?.id ?? `email:${emailHash}`,
        at,
      })
    },

    /** One read of each partial index of open work; fails when the schema is missing. */
    async findOldestPending(): Promise<OldestPending> {
      return db.get<OldestPending>(
        sql`SELECT (SELECT received_at FROM ingest_deliveries WHERE state IN ('received', 'processing') ORDER BY received_at LIMIT 1) AS delivery, (SELECT min(created_at) FROM runs WHERE state IN ('queued', 'leased', 'running') AND state = 'queued') AS run`,
      )
    },
  } as const
}
