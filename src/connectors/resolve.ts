/** What a name stands for, asked over HTTPS of a public resolver (RFC 8484's service, in its JSON form). */
import * as z from 'zod'
import { isPublicAddress } from './address'
import { ask } from './ask'
import type { VendorFetch } from './egress'
import { mapOk, type Outcome, type Refusal } from './outcome'
import { withQuery } from './read'

/** The resolver's only host. */
export const RESOLVER = 'cloudflare-dns.com'

/** Numbers of record types (IANA's registry). */
const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, AAAA: 28, CAA: 257 } as const
export const RECORD_TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT', 'SOA', 'CAA'] as const
export type RecordType = (typeof RECORD_TYPES)[number]

/** Response codes by their number (RFC 1035, RFC 2136); the rest is told as a number. */
const CODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const

const answer = z.object({
  Status: z.int(),
  AD: z.boolean().optional(),
  Answer: z.array(z.object({ name: z.string(), type: z.int(), TTL: z.int(), data: z.string() })).optional(),
})

interface Records {
  /** `NOERROR`, `NXDOMAIN`, … */
  readonly code: string
  /** Whether the resolver could prove the answer (DNSSEC). */
  readonly proven: boolean
  readonly records: readonly {
    readonly name: string
    readonly type: string
    readonly ttl: number
    readonly data: string
  }[]
}

/** @param fetch must reach `RESOLVER` */
export async function lookUp(fetch: VendorFetch, name: string, type: RecordType): Promise<Outcome<Records>> {
  const url = withQuery(`https://${RESOLVER}/dns-query`, { name, type })
  const found = await ask(fetch, url, { headers: { accept: 'application/dns-json' } }, answer)
  return mapOk(found, ({ Status, AD, Answer = [] }) => ({
    code: CODES[Status] ?? String(Status),
    proven: AD === true,
    records: Answer.map(({ name, type, TTL, data }) => ({ name, type: nameOf(type), ttl: TTL, data })),
  }))
}

const nameOf = (number: number): string =>
  RECORD_TYPES.find((type) => TYPES[type] === number) ?? String(number)

/**
 * Whether a name leads to public addresses only. Null: it does. The runtime resolves once more when it calls, and its answer
 * may be another by then: this keeps out names that point inside, not a resolver that changes its mind within the second.
 */
export async function refuseName(
  fetch: VendorFetch,
  name: string,
): Promise<Refusal | { readonly kind: 'no_such_name' } | null> {
  const found = await Promise.all([lookUp(fetch, name, 'A'), lookUp(fetch, name, 'AAAA')])
  const addresses: string[] = []
  for (const outcome of found) {
    if (outcome.kind !== 'ok') return { kind: 'unreachable' }
    for (const { type, data } of outcome.value.records)
      if (type === 'A' || type === 'AAAA') addresses.push(data)
  }
  if (addresses.length === 0) return { kind: 'no_such_name' }
  return addresses.every(isPublicAddress)
    ? null
    : { kind: 'blocked', text: 'The name leads to an address that is not public' }
}
