/** A snapshot as the API shows it. */
import * as z from 'zod'
import { iso } from '../../lib/time'
import type { readSnapshot } from '../../services/evidence'

const snapshot = z.object({
  sha256: z.string(),
  output: z.string(),
  /** The requests that it answered, oldest first. */
  uses: z.array(
    z.object({
      incidentId: z.uuid(),
      number: z.int(),
      runId: z.string(),
      tool: z.string(),
      command: z.string(),
      url: z.string().nullable(),
      status: z.enum(['success', 'error', 'empty']),
      trust: z.enum(['high', 'normal', 'low']),
      truncated: z.boolean(),
      errorCode: z.string().nullable(),
      executedAt: z.iso.datetime(),
      durationMs: z.int(),
      /** Whether the published summary of the incident cites it. */
      cited: z.boolean(),
    }),
  ),
})

export const snapshotAnswer = z.object({ evidence: snapshot })
export const evidenceCheck = z.object({ number: z.int(), sha256: z.string(), matches: z.boolean() })

export const showSnapshot = ({
  sha256,
  output,
  uses,
}: Awaited<ReturnType<typeof readSnapshot>>): z.infer<typeof snapshotAnswer> => ({
  evidence: {
    sha256,
    output,
    uses: uses.map((row) => ({
      incidentId: row.incidentId,
      number: row.number,
      runId: row.runId,
      tool: row.tool,
      command: row.command,
      url: row.url,
      status: row.status,
      trust: row.trust,
      truncated: row.truncated,
      errorCode: row.errorCode,
      executedAt: iso(row.executedAt),
      durationMs: row.durationMs,
      cited: row.citedAt !== null,
    })),
  },
})
