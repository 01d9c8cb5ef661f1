/** The Log Analytics workspaces of the chosen subscriptions, else of the connection's, asked as if they were one. */
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import { iso } from '../../lib/time'
import type { Vendor } from '../operation'
import { anyOk, mapOk, ok, type Outcome } from '../outcome'
import { read, readingAs, readPost, withQuery } from '../read'
import { MOST_BYTES } from '../service-logs'
import type { Span } from '../service-series'
import { API, type Details } from './details'

const MOST_SUBSCRIPTIONS = 3
/** A query over several workspaces has no more. */
const MOST_WORKSPACES = 10
const ID =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourcegroups\/[\w.()-]{1,90}\/providers\/microsoft\.operationalinsights\/workspaces\/[a-z0-9-]{4,63}$/i

const listed = z.object({ value: z.array(z.object({ id: z.string() })) })
const tables = z.object({
  tables: z.array(
    z.object({ columns: z.array(z.object({ name: z.string() })), rows: z.array(z.array(z.unknown())) }),
  ),
})

/** Ids of the workspaces, in an order that does not depend on who lists them. */
export async function workspacesOf(vendor: Vendor<Details>): Promise<Outcome<readonly string[]>> {
  const chosen = (await vendor.ctx.chosen?.()) ?? []
  const subscriptions =
    chosen.length > 0 ? chosen.slice(0, MOST_SUBSCRIPTIONS) : [vendor.details.subscriptionId]
  const answers = await Promise.all(
    subscriptions.map(async (id) => {
      const path = `/subscriptions/${encodeURIComponent(id)}/providers/Microsoft.OperationalInsights/workspaces`
      return readingAs(
        await read(vendor, withQuery(`${API}${path}`, { 'api-version': '2023-09-01' })),
        listed,
      )
    }),
  )
  return mapOk(anyOk(answers), (pages) =>
    pages
      .flatMap(({ value }) => value.map(({ id }) => id))
      .filter((id) => ID.test(id))
      .toSorted()
      .slice(0, MOST_WORKSPACES),
  )
}

/** The rows of a KQL query, by the names of their columns. By way of the resource: its token is good for it. */
export async function queryWorkspaces<T>(
  vendor: Vendor<Details>,
  [first, ...workspaces]: readonly string[],
  query: string,
  { from, to }: Span,
  row: Schema<T>,
): Promise<Outcome<readonly T[]>> {
  if (first === undefined) return ok([])
  const url = withQuery(`${API}${encodeURI(first)}/query`, { 'api-version': '2017-10-01' })
  const body = { query, timespan: `${iso(from)}/${iso(to)}`, workspaces }
  const answer = readingAs(await readPost(vendor, url, body, { maxBytes: MOST_BYTES }), tables)
  if (answer.kind !== 'ok') return answer
  const rows = answer.value.tables
    .slice(0, 1)
    .flatMap(({ columns, rows }) =>
      rows.map((values) => Object.fromEntries(columns.map(({ name }, index) => [name, values[index]]))),
    )
  const parsed = z.safeParse(z.array(row), rows)
  return parsed.success ? ok(parsed.data) : { kind: 'vendor_error' }
}

/** The rows of all these tables. Which of them a workspace has depends on what writes there: it may be none. */
export const unionOf = (columns: string, tables: readonly string[]): string =>
  `union isfuzzy=true (datatable(${columns})[]), ${tables.map((table) => `(${table})`).join(', ')}`
