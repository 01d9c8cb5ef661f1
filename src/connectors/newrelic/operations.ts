/** What New Relic can be asked. Times are ISO 8601; NRQL cannot change anything. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, readPost } from '../read'
import { nerdGraph, type Details } from './details'
import { NRQL } from './nrql'
import { newrelicServiceLogs } from './service-logs'
import { newrelicServiceMetrics } from './service-metrics'

type Asked = Vendor<Details>
const time = z.iso.datetime()
const accountOf = ({ details }: Asked): number => Number(details.accountId)

const SEARCH = `query ($query: String!, $cursor: String) {
  actor { entitySearch(query: $query) {
    count results(cursor: $cursor) { nextCursor entities { guid name entityType domain alertSeverity tags { key values } } }
  } }
}`
const ISSUES = `query ($id: Int!, $from: EpochMilliseconds!, $to: EpochMilliseconds!) {
  actor { account(id: $id) { aiIssues { issues(timeWindow: { startTime: $from, endTime: $to }) {
    issues { issueId title priority state activatedAt closedAt entityNames conditionName policyName }
  } } } }
}`

export const operations = [
  newrelicServiceMetrics,
  newrelicServiceLogs,
  operation({
    name: 'nrql',
    description: 'A NRQL query over the connected account.',
    input: z.strictObject({ query: z.string().min(1).max(4000) }),
    run: (vendor: Asked, { query }) =>
      readPost(vendor, nerdGraph(vendor.details), {
        query: NRQL,
        variables: { id: accountOf(vendor), q: query },
      }),
  }),
  operation({
    name: 'search_entities',
    description: "Entities by a search such as: name LIKE 'checkout' AND type = 'APPLICATION'.",
    input: z.strictObject({ query: z.string().min(1).max(1000), cursor: z.string().max(2000).optional() }),
    run: (vendor: Asked, { query, cursor }) =>
      readPost(vendor, nerdGraph(vendor.details), {
        query: SEARCH,
        variables: {
          query: `accountId = ${vendor.details.accountId} AND (${query})`,
          cursor: cursor ?? null,
        },
      }),
  }),
  operation({
    name: 'list_issues',
    description: 'Alert issues of the account in a time window.',
    input: z.strictObject({ from: time, to: time }),
    run: (vendor: Asked, { from, to }) =>
      read(vendor, nerdGraph(vendor.details), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'nerd-graph-unsafe-experimental-opt-in': 'AiIssues',
        },
        body: JSON.stringify({
          query: ISSUES,
          variables: { id: accountOf(vendor), from: Date.parse(from), to: Date.parse(to) },
        }),
      }),
  }),
]
