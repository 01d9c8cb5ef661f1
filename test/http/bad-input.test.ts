import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import * as z from 'zod'
import type { Schema } from '../../src/lib/schema'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { seedResources, validBodies } from '../support/resources'
import { fill, routes, UNLIMITED } from '../support/routes'

const RUNS = 4

/** One of every JSON type, and what tends to break code that trusts its input. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  -1.5,
  1e308,
  '',
  '\u0000\ud800',
  'x'.repeat(20_000),
  [null, 'x'],
  { a: null },
]

const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.jsonValue({ maxDepth: 3 }))

/** The keys that a schema names at its top, and one that it does not. */
function keysOf(schema: Schema): readonly string[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return [...Object.keys(properties), 'unknown']
}

const objectsOf = (schema: Schema) =>
  fc.record(Object.fromEntries(keysOf(schema).map((key) => [key, hostile])), { requiredKeys: [] })

/** What reaches the verb behind a schema, and one of those that it refuses for the same reason in the same place. */
function worthSending(schema: Schema, bodies: readonly unknown[]): readonly unknown[] {
  const reasons = new Set<string>()
  return bodies.filter((body) => {
    const issues = z.safeParse(schema, body).error?.issues
    if (issues === undefined) return true
    const reason = JSON.stringify(issues)
    return !reasons.has(reason) && reasons.add(reason)
  })
}

const errorAnswer = z.object({
  error: z.string().min(1),
  code: z.string().min(1),
  request_id: z.string().min(1),
  details: z.unknown().optional(),
})

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends it; answers what is wrong with the answer, or null. */
async function faultOf({ method, path, headers, body }: Sent): Promise<string | null> {
  const response = await apiWith(UNLIMITED).fetch(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  })
  const stream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  const text = stream ? (await response.body?.cancel(), '') : await response.text()
  // A deployment without the provider's own client or keys says so, whatever the input.
  if (response.status === 503 && text.includes('"provider_not_configured"')) return null
  if (response.status >= 500) return `${response.status} ${text}`
  if (response.status < 400) return null
  return errorAnswer.safeParse(JSON.parse(text)).success ? null : `not the error format: ${text}`
}

const aCaller = async () => {
  const org = await anOrg()
  return { ids: await seedResources(org), headers: bearer(org.token) }
}
type Caller = Awaited<ReturnType<typeof aCaller>>

/** What changes nothing shares one organisation with one of everything. */
let shared: Promise<Caller> | null = null
const theReader = (): Promise<Caller> => (shared ??= aCaller())

describe('hostile input', () => {
  const withBody = routes.flatMap((route) => (route.body === null ? [] : [{ ...route, schema: route.body }]))

  it.for(withBody)(
    'of every JSON type in the body never makes $name fail',
    async ({ name, method, path, schema }, { expect }) => {
      const { ids, headers: own } = await aCaller()
      const headers = { ...own, 'content-type': 'application/json' }
      const check = async (body: unknown): Promise<void> => {
        const sent = { path: fill(path, ids), method, headers, body: JSON.stringify(body) }
        expect([body, await faultOf(sent)]).toEqual([body, null])
      }
      const valid: object = Object(validBodies[name])
      const changed = keysOf(schema).flatMap((key) => HOSTILE.map((value) => ({ ...valid, [key]: value })))
      for (const body of worthSending(schema, [...changed, ...HOSTILE])) await check(body)
      await fc.assert(fc.asyncProperty(objectsOf(schema), check), { numRuns: RUNS })
    },
  )

  it.for(withBody)('that is no JSON object is 400 for $name', async ({ method, path }, { expect }) => {
    // Read before any row is looked for, so anybody's ids will do.
    const [{ ids }, { token }] = await Promise.all([theReader(), anOrg()])
    // Five: some routes let a caller try no more in a minute.
    for (const text of ['{', '[]', 'null', '"x"', '\u0000']) {
      const answer = await apiWith(UNLIMITED, bearer(token)).call(method, fill(path, ids), text)
      expect([text, answer.status, answer.body.code]).toEqual([text, 400, 'invalid_json'])
    }
  })

  const withQuery = routes.flatMap((route) =>
    route.query === null ? [] : [{ ...route, schema: route.query }],
  )
  const text = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '-1',
      '0',
      '1e9',
      '99999999999999999999',
      'NaN',
      'null',
      '%00',
      '\u0000',
      'ä',
      "';--",
      'x'.repeat(3000),
    ),
    fc.string({ maxLength: 30 }),
  )

  it.for(withQuery)(
    'in the query string never makes $name fail',
    async ({ name, method, path, schema }, { expect }) => {
      const { ids, headers } = await (method === 'GET' ? theReader() : aCaller())
      const pairs = fc.array(fc.tuple(fc.constantFrom(...keysOf(schema)), text), { maxLength: 4 })
      const body: unknown = validBodies[name]
      await fc.assert(
        fc.asyncProperty(pairs, async (query) => {
          const search = query
            .map(([key, value]) => `${key}=${encodeURIComponent(value.toWellFormed())}`)
            .join('&')
          const sent = {
            method,
            headers: { ...headers, 'content-type': 'application/json' },
            path: `${fill(path, ids)}?${search}`,
          }
          expect(
            await faultOf(body === undefined ? sent : { ...sent, body: JSON.stringify(body) }),
          ).toBeNull()
        }),
        { numRuns: RUNS },
      )
    },
  )
})
