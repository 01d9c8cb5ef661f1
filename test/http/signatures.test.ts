/** What every source makes of a delivery that is genuine, forged, cut, replayed, rewritten or no text at all. */
import { describe, it } from 'vitest'
import { sources } from '../../src/alerts'
import type { AlertSource } from '../../src/alerts/source'
import { bytesFromBase64, utf8 } from '../../src/lib/hmac'
import { newIngestToken } from '../../src/services/ingest-token'
import { api } from '../support/api'
import { anOrg } from '../support/org'
import { deliveryRow } from '../support/senders'
import { signedHeaders } from '../support/sign'

const SECRET = 'whsec_YXVyb3JhLXN2aXgtdGVzdC1rZXktMDAw'
const GUESS = 'whsec_Z3Vlc3M='
/** No text in UTF-8. */
const BINARY = bytesFromBase64('//79AAH/') ?? new Uint8Array()

// Amazon's has a certificate instead of a secret: see sns.test.ts and subscriptions.test.ts.
const signing = sources.filter(({ scheme }) => scheme !== 'token' && scheme !== 'sns')
const bare = sources.filter(({ scheme }) => scheme === 'token')
const stamped = new Set(['aurora-v1', 'svix'])
const named = (list: readonly AlertSource[]) => list.map((source) => [source.slug, source] as const)

const post = async (path: string, body: Uint8Array<ArrayBuffer>, headers = new Headers()) => {
  const response = await api().fetch(path, { method: 'POST', body, headers })
  const answer: { readonly error?: string; readonly deliveryId?: string; readonly duplicate?: boolean } =
    await response.json()
  return { status: response.status, ...answer, deliveryId: answer.deliveryId ?? '' }
}

/** The example, and the same JSON with its members in another order. */
function bodiesOf({ example }: AlertSource) {
  return { body: utf8(JSON.stringify(example)), reordered: utf8(JSON.stringify(reversed(example))) }
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  )
}

async function aSender({ slug }: AlertSource) {
  const org = await anOrg()
  const { body } = await org.post('/api/integrations', { source: slug, name: 'Sender' })
  const id: string = body.integration.id
  const token: string = body.ingestToken
  const deliveries = async () => (await org.get('/api/ingest/deliveries')).body.deliveries
  return { org, id, token, path: `/api/webhooks/${slug}/${token}`, deliveries }
}

it('every source is walked here, or has tests of its own', ({ expect }) => {
  const others = sources.filter((source) => !signing.includes(source) && !bare.includes(source))
  expect(others.map(({ slug }) => slug)).toEqual(['cloudwatch'])
})

describe.each(named(signing))('a delivery of %s, which signs', (_, source) => {
  const sign = (body: Uint8Array, secret = SECRET, now = Date.now()) =>
    signedHeaders(source.scheme, secret, body, now)

  it('is believed as it was signed, once, and else refused without a trace in its effects', async ({
    expect,
  }) => {
    const { org, id, path, deliveries } = await aSender(source)
    await org.put(`/api/integrations/${id}/signing-secret`, { secret: SECRET })
    const { body, reordered } = bodiesOf(source)
    const good = await sign(body)
    const cut = new Headers(
      [...good].map(([name, value]) => [name, name.includes('signature') ? value.slice(0, -2) : value]),
    )
    const refused = { status: 401, error: 'Invalid signature' }
    const forgeries: readonly (readonly [string, Uint8Array<ArrayBuffer>, Headers])[] = [
      ['under another secret', body, await sign(body, GUESS)],
      ['without a signature', body, new Headers()],
      ['with half a signature', body, cut],
      ['in another order', reordered, good],
      ['that is no text and not signed', BINARY, new Headers()],
      ['that is no text under a foreign signature', BINARY, good],
      ...(stamped.has(source.scheme)
        ? [['signed too long ago', body, await sign(body, SECRET, Date.now() - 302_000)] as const]
        : []),
    ]
    for (const [what, bytes, headers] of forgeries)
      expect([what, await post(path, bytes, headers)]).toMatchObject([what, refused])
    const kept = await deliveries()
    expect(kept).toHaveLength(forgeries.length)
    for (const row of kept)
      expect(row).toMatchObject({ state: 'rejected', reason: expect.stringMatching(/^signature_/) })

    const first = await post(path, body, good)
    expect(first).toMatchObject({ status: 202, duplicate: false })
    expect(await deliveryRow(first.deliveryId)).toMatchObject({ authenticity: 'signature' })
    expect(await post(path, body, good)).toMatchObject({
      status: 202,
      duplicate: true,
      deliveryId: first.deliveryId,
    })
    const unreadable = await post(path, BINARY, await sign(BINARY))
    expect(unreadable).toMatchObject({ status: 400, error: 'Invalid request body' })
  })
})

describe.each(named(bare))('a delivery of %s, which signs nothing', (slug, source) => {
  it('is believed with the whole token of this source only', async ({ expect }) => {
    const { org, token, path, deliveries } = await aSender(source)
    const { body, reordered } = bodiesOf(source)
    const unknown = { status: 404, error: 'Unknown webhook token' }
    for (const wrong of [newIngestToken(), token.slice(0, -2), `${token}x`])
      expect(await post(`/api/webhooks/${slug}/${wrong}`, body)).toMatchObject(unknown)
    expect(await post(`/api/webhooks/${slug}`, body)).toMatchObject({ status: 401 })
    const other = slug === 'datadog' ? 'netdata' : 'datadog'
    expect(await post(`/api/webhooks/${other}/${token}`, body)).toMatchObject(unknown)
    // No secret can be stored, so a signature means nothing.
    const { body: stored } = await org.get('/api/integrations')
    const put = await org.put(`/api/integrations/${stored.integrations[0].id}/signing-secret`, {
      secret: SECRET,
    })
    expect(put.status).toBe(400)
    expect(await deliveries()).toEqual([])

    const first = await post(path, body)
    expect(first).toMatchObject({ status: 202, duplicate: false })
    expect(await deliveryRow(first.deliveryId)).toMatchObject({ authenticity: 'token' })
    const again = await post(path, body)
    const repeats = source.deliveryIdentity !== 'request'
    expect(again).toMatchObject({ status: 202, duplicate: repeats })
    expect(again.deliveryId === first.deliveryId).toBe(repeats)
    expect(await post(path, reordered)).toMatchObject({ status: 202 })
    expect(await post(path, BINARY)).toMatchObject({ status: 400, error: 'Invalid request body' })
  })
})
