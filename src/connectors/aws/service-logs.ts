/** Error lines of services in CloudWatch Logs: in the log groups whose names have the service's in them. */
import * as z from 'zod'
import { ERROR_WORDS, type LogLine } from '../../lib/line-templates'
import type { Vendor } from '../operation'
import { ok, type Outcome } from '../outcome'
import { readingAs } from '../read'
import { serviceLogs, type LogSearch } from '../service-logs'
import { askAws } from './ask-aws'
import type { Details } from './details'
import { isOf } from './names'
import { hostOf, regionOf } from './regions'
import { jsonRequest } from './sign'

const LOGS = 'Logs_20140328'
/** Any of these words; patterns of CloudWatch know upper and lower case apart. */
const ERRORS = ERROR_WORDS.flatMap((word) => [word, word.toUpperCase(), upperFirst(word)])
  .map((word) => `?${word}`)
  .join(' ')
const MOST_GROUPS = 2
const MOST_PAGES = 3

const groups = z.object({ logGroups: z.array(z.object({ logGroupName: z.string() })).default([]) })
const page = z.object({
  events: z.array(z.object({ timestamp: z.number(), message: z.string() })).default([]),
  nextToken: z.string().nullish(),
})

export const awsServiceLogs = serviceLogs(async (vendor: Vendor<Details>, services) => {
  const listed = await Promise.all(services.map((service) => groupsOf(vendor, service)))
  const byService = new Map<string, readonly string[]>()
  for (const [index, group] of listed.entries()) {
    if (group.kind !== 'ok') return group
    byService.set(services[index] ?? '', group.value)
  }
  return ok({
    url: `https://${hostOf('logs', regionOf(vendor.details.region))}/`,
    search: async (search) => {
      const lines: LogLine[] = []
      for (const group of byService.get(search.service) ?? []) {
        const found = await filter(vendor, group, { ...search, limit: search.limit - lines.length })
        if (found.kind !== 'ok') return found
        lines.push(...found.value)
        if (lines.length >= search.limit) break
      }
      return ok(lines)
    },
  })
})

async function groupsOf(vendor: Vendor<Details>, service: string): Promise<Outcome<readonly string[]>> {
  // The characters that names of groups can have; the pattern has no others.
  if (!/^[\w./#-]+$/.test(service)) return ok([])
  const answer = await ask(vendor, 'DescribeLogGroups', { logGroupNamePattern: service, limit: 50 })
  const found = readingAs(answer, groups)
  if (found.kind !== 'ok') return found
  const names = found.value.logGroups.map(({ logGroupName }) => logGroupName)
  return ok(names.filter((name) => isOf(name, service)).slice(0, MOST_GROUPS))
}

/** A page may be empty and not the last. */
async function filter(
  vendor: Vendor<Details>,
  logGroupName: string,
  { from, to, only, limit }: LogSearch,
): Promise<Outcome<readonly LogLine[]>> {
  const lines: LogLine[] = []
  let nextToken: string | undefined
  for (let count = 0; count < MOST_PAGES && lines.length < limit; count++) {
    const answer = await ask(vendor, 'FilterLogEvents', {
      logGroupName,
      filterPattern: only === 'any' ? undefined : ERRORS,
      startTime: from,
      endTime: to,
      limit: limit - lines.length,
      nextToken,
    })
    const found: Outcome<z.infer<typeof page>> = readingAs(answer, page)
    if (found.kind !== 'ok') return found
    lines.push(...found.value.events.map(({ timestamp, message }) => ({ at: timestamp, text: message })))
    nextToken = found.value.nextToken ?? undefined
    if (nextToken === undefined) break
  }
  return ok(lines)
}

const ask = (vendor: Vendor<Details>, action: string, body: object) =>
  askAws(vendor, jsonRequest('logs', regionOf(vendor.details.region), `${LOGS}.${action}`, body))

function upperFirst(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
