import * as z from 'zod'
import { iso } from '../../lib/time'
import type { listAudit } from '../../services/audit-log'

type Entry = Awaited<ReturnType<typeof listAudit>>['entries'][number]

export const auditEntry = z.object({
  id: z.uuid(),
  seq: z.int(),
  /** A user id, `system`, or null for a login that failed. */
  actor: z.string().nullable(),
  event: z.string(),
  subject: z.string().nullable(),
  before: z.json(),
  after: z.json(),
  at: z.iso.datetime({ precision: 3 }),
  prevHash: z.string().nullable(),
  hash: z.string().nullable(),
})

export const auditList = z.object({ entries: z.array(auditEntry), nextCursor: z.string().nullable() })

export const verification = z.object({
  ok: z.boolean(),
  checked: z.int(),
  firstBroken: z.int().nullable(),
})

export const showAuditEntry = ({ before, after, at, ...row }: Entry) => ({
  ...row,
  before: parsed(before),
  after: parsed(after),
  at: iso(at),
})

/** A text that somebody tampered with is shown as it is; the check says that it is broken. */
function parsed(json: string | null): z.infer<ReturnType<typeof z.json>> {
  if (json === null) return null
  const read = jsonText.safeParse(json)
  return read.success ? read.data : json
}

const jsonText = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      context.addIssue({ code: 'custom', message: 'not JSON' })
      return z.NEVER
    }
  })
  .pipe(z.json())
