/** The audit log: sealing, reading and checking its hash chain. */
import * as z from 'zod'
import { canonicalJson } from '../lib/canonical-json'
import { queryInteger } from '../lib/fields'
import { sha256Hex } from '../lib/hmac'
import * as store from '../store/audit'
import { isGuardFailure } from '../store/db'
import type { TenantDb } from '../store/tenant-db'
import { requireRole, type Ctx } from './context'

const PAGE = 500
const LARGEST = 200

const filter = (error: string) =>
  z
    .string({ error })
    .transform((value) => value.trim())
    .refine((value) => value.length > 0 && value.length <= 200, error)
    .optional()

export const auditQuery = z.object({
  event: filter('Invalid event'),
  actor: filter('Invalid actor').transform((value) => value?.toLowerCase()),
  since: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], { error: 'Invalid since' })
    .transform((value) => Date.parse(value))
    .optional(),
  cursor: z
    .string({ error: 'Invalid cursor' })
    .regex(/^[1-9]\d{0,14}$/, 'Invalid cursor')
    .transform(Number)
    .optional(),
  limit: queryInteger({
    error: `limit must be between 1 and ${LARGEST}`,
    min: 1,
    max: LARGEST,
    fallback: 50,
  }),
})

/** Newest first; `nextCursor` is null on the last page. @throws AppError forbidden */
export async function listAudit(ctx: Ctx, { cursor, limit, ...wanted }: z.output<typeof auditQuery>) {
  requireRole(ctx, 'admin')
  const page = store.auditPage(ctx.db, { ...wanted, before: cursor }, limit + 1)
  let [[head], rows] = await ctx.db.batch([store.auditHead(ctx.db), page])
  if (head !== undefined && head.sealedSeq < head.lastSeq) {
    await sealAudit(ctx.db)
    rows = await page
  }
  const entries = rows.slice(0, limit)
  return { entries, nextCursor: rows.length > limit ? (entries.at(-1)?.seq ?? null) : null }
}

export interface Verification {
  readonly ok: boolean
  /** Rows whose hash was computed and found right. */
  readonly checked: number
  /** The number of the first row that is missing, changed or out of place; null when all is well. */
  readonly firstBroken: number | null
}

/** Follows the whole chain, from the first row to the head. @throws AppError forbidden */
export async function verifyAudit(ctx: Ctx): Promise<Verification> {
  requireRole(ctx, 'admin')
  await sealAudit(ctx.db)
  const [head] = await store.auditHead(ctx.db)
  // Rows that others write meanwhile lie behind the sealed head and wait for the next check.
  const last = head?.sealedSeq ?? 0
  let seq = 0
  let hash = ''
  while (seq < last) {
    const rows = await store.auditAfter(ctx.db, seq, PAGE)
    for (const row of rows) {
      if (seq === last) break
      if (row.seq !== seq + 1 || row.prevHash !== hash || row.hash !== (await hashOf(ctx.db, row, hash)))
        return { ok: false, checked: seq, firstBroken: seq + 1 }
      seq = row.seq
      hash = row.hash
    }
    if (rows.length === 0) return { ok: false, checked: seq, firstBroken: seq + 1 }
  }
  return hash === (head?.sealedHash ?? '')
    ? { ok: true, checked: seq, firstBroken: null }
    : { ok: false, checked: seq, firstBroken: seq }
}

/** Seals what is numbered but not hashed, at most `most` rows; answers whether more is left. */
export async function sealAudit(db: TenantDb, most = 100 * PAGE): Promise<boolean> {
  for (let sealed = 0; sealed < most;) {
    const [head] = await store.auditHead(db)
    if (head === undefined || head.sealedSeq >= head.lastSeq) return false
    const rows = await store.auditAfter(db, head.sealedSeq, PAGE)
    const links: { id: string; prevHash: string; hash: string }[] = []
    let prevHash = head.sealedHash
    for (const row of rows) {
      const hash = await hashOf(db, row, prevHash)
      links.push({ id: row.id, prevHash, hash })
      prevHash = hash
    }
    // Rows that are gone are passed over here and found missing by the check.
    const sealedSeq = rows.length === 0 ? head.lastSeq : (rows.at(-1)?.seq ?? head.lastSeq)
    try {
      await db.commit(store.sealRows(db, head, links, { sealedSeq, sealedHash: prevHash }))
      sealed += Math.max(1, rows.length)
    } catch (error) {
      // Somebody else sealed the same rows: look again.
      if (!isGuardFailure(error)) throw error
    }
  }
  return true
}

/**
 * What a row is known by: SHA-256 of the canonical JSON of all it says, its place and the hash before it, in hex. What
 * cannot be parsed any more counts as its text, which no honest row has.
 */
const hashOf = (db: TenantDb, row: store.StoredAudit, prevHash: string): Promise<string> =>
  sha256Hex(
    canonicalJson({
      seq: row.seq,
      id: row.id,
      org: db.orgId,
      actor: row.actor,
      event: row.event,
      subject: row.subject,
      before: parsed(row.before),
      after: parsed(row.after),
      at: row.at,
      prev_hash: prevHash,
    }),
  )

function parsed(json: string | null): unknown {
  if (json === null) return null
  try {
    return JSON.parse(json)
  } catch {
    return { unreadable: json }
  }
}
