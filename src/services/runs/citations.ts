import { iso } from '../../lib/time'
import type { EvidenceRow } from '../../store/run-rows'

/** Evidence as messages carry it, in the shape of an incident's citations. */
export const citationsFrom = (rows: readonly EvidenceRow[]) =>
  rows.map(({ id, number, tool, command, output, executedAt, createdAt }) => ({
    id,
    key: String(number),
    toolName: tool,
    command,
    output,
    executedAt: iso(executedAt),
    createdAt: iso(createdAt),
  }))
