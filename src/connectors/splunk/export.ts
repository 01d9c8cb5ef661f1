/** A search that runs at once, and its results. */
import { ok } from '../outcome'
import type { OperationOutcome, Vendor } from '../operation'
import { read } from '../read'
import type { Details } from './details'

export const exportUrl = ({ baseUrl }: Pick<Details, 'baseUrl'>): string =>
  `${baseUrl}/services/search/jobs/export`

/** Runs a search between two moments; its results are one JSON object a line. */
export async function exportSearch(
  vendor: Vendor<Details>,
  {
    search,
    earliest,
    latest,
  }: { readonly search: string; readonly earliest: string; readonly latest: string },
  maxBytes?: number,
): Promise<OperationOutcome> {
  const outcome = await read(vendor, exportUrl(vendor.details), {
    method: 'POST',
    body: new URLSearchParams({
      search,
      output_mode: 'json',
      earliest_time: earliest,
      latest_time: latest,
    }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  })
  if (outcome.kind !== 'ok') return outcome
  const { data } = outcome.value
  // A single line is JSON as a whole.
  const lines = typeof data === 'string' ? data.split('\n').filter((line) => line.trim() !== '') : null
  return ok({ ...outcome.value, data: lines === null ? [data] : lines.map(parse) })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return line
  }
}
