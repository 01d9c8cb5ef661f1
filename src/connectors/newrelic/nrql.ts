/** A NRQL query over the connected account, and what comes out of the envelope. */
import * as z from 'zod'
import type { VendorInit } from '../egress'
import { ok } from '../outcome'
import type { OperationOutcome, Vendor } from '../operation'
import { readPost } from '../read'
import { nerdGraph, type Details } from './details'

export const NRQL =
  'query($id: Int!, $q: Nrql!) { actor { account(id: $id) { nrql(query: $q) { results } } } }'

const envelope = z.object({
  data: z.object({
    actor: z.object({ account: z.object({ nrql: z.object({ results: z.array(z.unknown()) }) }) }),
  }),
})

/** The rows of a query. */
export async function askNrql(
  vendor: Vendor<Details>,
  query: string,
  init: Pick<VendorInit, 'maxBytes'> = {},
): Promise<OperationOutcome> {
  const variables = { id: Number(vendor.details.accountId), q: query }
  const answer = await readPost(vendor, nerdGraph(vendor.details), { query: NRQL, variables }, init)
  if (answer.kind !== 'ok') return answer
  const read = envelope.safeParse(answer.value.data)
  return read.success
    ? ok({ ...answer.value, data: read.data.data.actor.account.nrql.results })
    : { kind: 'vendor_error' }
}

/** Text as a NRQL string: a name is data. */
export const literal = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
