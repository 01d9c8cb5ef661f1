/** Real payloads vary: whatever a sender's fields hold, nothing breaks, and what is accepted is stored and comes to an end. */
import { createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { sources } from '../../src/alerts'
import type { AlertSource } from '../../src/alerts/source'
import { utf8 } from '../../src/lib/hmac'
import { newId } from '../../src/lib/ids'
import { consumeIngest } from '../../src/jobs/ingest'
import { api } from '../support/api'
import { mutationsOf, replaced } from '../support/mutations'
import { anOrg } from '../support/org'
import { signedHeaders } from '../support/sign'
import { TOPIC } from '../support/sns'

const SECRET = 'whsec_YXVyb3JhLXN2aXgtdGVzdC1rZXktMDAw'
const PAYLOADS = 8

/** What a signature needs that a test cannot have: without it, Amazon's messages are taken as an admin allowed. */
const withoutSignature = (payload: unknown) =>
  replaced(replaced(payload, ['Signature'], undefined), ['SigningCertURL'], undefined)

/** Where a vendor's delivery id lies: the same one again would be the same delivery. */
const DELIVERY_IDS = new Map<string, readonly string[]>([
  ['pagerduty', ['event', 'id']],
  ['datadog', ['id']],
  ['splunk', ['sid']],
  ['cloudwatch', ['MessageId']],
  ['cloudevents', ['id']],
])

interface Sender {
  readonly integrationId: string
  readonly send: (body: unknown) => Promise<{ readonly status: number; readonly text: string }>
}

async function aSender(source: AlertSource): Promise<Sender> {
  const org = await anOrg()
  const settings = { investigate: false, ...(source.scheme === 'sns' ? { topicArns: [TOPIC] } : {}) }
  const created = await org.post('/api/integrations', { source: source.slug, name: 'Sender', settings })
  const integrationId: string = created.body.integration.id
  const token: string = created.body.ingestToken
  const path = `/api/integrations/${integrationId}`
  // Amazon's signature needs a certificate; the rest is signed as its vendor does.
  if (source.scheme === 'sns') await org.patch(path, { verification: 'token_only' })
  const signs = source.scheme !== 'sns' && source.scheme !== 'token'
  if (signs) await org.put(`${path}/signing-secret`, { secret: SECRET })
  const send = async (payload: unknown) => {
    const idPath = DELIVERY_IDS.get(source.slug)
    const fresh = idPath === undefined ? payload : replaced(payload, idPath, newId())
    const text = JSON.stringify(source.scheme === 'sns' ? withoutSignature(fresh) : fresh) ?? 'null'
    const signed = await signedHeaders(source.scheme, SECRET, utf8(text), Date.now(), newId())
    const answer = await api().post(
      `/api/webhooks/${source.slug}/${token}`,
      text,
      Object.fromEntries(signs ? signed : []),
    )
    if (answer.status === 202) {
      const stored = await env.DB.prepare('SELECT body FROM ingest_bodies WHERE delivery_id = ?')
        .bind(answer.body.deliveryId)
        .first<string>('body')
      if (stored !== text && answer.body.duplicate !== true) throw new Error(`not stored: ${text}`)
    }
    return answer
  }
  return { integrationId, send }
}

/** Lets the consumer work on everything that was accepted; answers the states that deliveries ended in. */
async function ends(integrationId: string) {
  const rows = async () =>
    (
      await env.DB.prepare(
        'SELECT id, state, reason, last_error AS error FROM ingest_deliveries WHERE integration_id = ?',
      )
        .bind(integrationId)
        .all<{ id: string; state: string; reason: string | null; error: string | null }>()
    ).results
  const messages = (await rows())
    .filter(({ state }) => state === 'received')
    .map(({ id }) => ({ id, timestamp: new Date(), attempts: 1, body: { v: 1, deliveryId: id } }))
  await consumeIngest(createMessageBatch('aurora-ingest', messages), env)
  return rows()
}

describe.each(sources.map((source) => [source.slug, source] as const))('payloads of %s', (_, source) => {
  it('never break anything, and none that was accepted is lost', async ({ expect }) => {
    const { integrationId, send } = await aSender(source)
    const seed = Date.now() % 2 ** 31
    // The example as it is comes first: chance may leave nothing else that is worth an alert.
    for (const body of [source.example, ...fc.sample(mutationsOf(source), { numRuns: PAYLOADS, seed })]) {
      const { status, text } = await send(body)
      const what = `seed ${seed}: ${status} ${text} to ${JSON.stringify(body)?.slice(0, 2000)}`
      expect([202, 400, 401, 403], what).toContain(status)
    }
    const ended = await ends(integrationId)
    expect(ended.some(({ state }) => state === 'processed')).toBe(true)
    for (const { state, reason, error } of ended)
      expect(
        state === 'processed' || state === 'rejected' || (state === 'dead' && reason === 'unprocessable'),
        `seed ${seed}: ${state} ${reason} ${error}`,
      ).toBe(true)
  })
})
