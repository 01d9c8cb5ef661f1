/** Amazon SNS from the first request of a topic to an incident. */
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import type { SnsMessage } from '../../src/alerts/sns'
import { SnsVerifier } from '../../src/alerts/sns-signature'
import { AppError } from '../../src/lib/errors'
import { utf8 } from '../../src/lib/hmac'
import { receiveDelivery } from '../../src/services/receive-delivery'
import type { Sender } from '../../src/services/resolve-sender'
import { confirmSubscription } from '../../src/services/subscriptions'
import { Receiving } from '../../src/store/receiving'
import { openTenant } from '../../src/store/tenant-db'
import { anOrg } from '../support/org'
import { consume } from '../support/processed'
import { aConfirmation, aNotification, anSnsSigner, TOPIC } from '../support/sns'

const quiet = { run: () => {}, stopped: () => {}, delivery: () => {}, feed: () => {} }
const example = JSON.stringify({
  AlarmName: 'checkout-api-5xx-critical',
  NewStateValue: 'ALARM',
  AlarmArn: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-api-5xx-critical',
})

/** An integration of CloudWatch and Amazon's side of it; nothing but its own certificate can be fetched. */
async function aTopic(settings: object = {}) {
  const org = await anOrg()
  const created = await org.post('/api/integrations', { source: 'cloudwatch', name: 'AWS', settings })
  const { id }: { id: string } = created.body.integration
  const sns = await anSnsSigner()
  const verifier = new SnsVerifier(sns.http)
  const bySender = async (sender: Sender, message: SnsMessage | string) => {
    const bytes = utf8(typeof message === 'string' ? message : JSON.stringify(message))
    const ports = {
      receiving: new Receiving(env.DB),
      masters: () => Promise.reject(new Error('no secret is needed')),
      count: async () => {},
      nudge: quiet.delivery,
      sns: verifier,
    }
    const headers = new Headers({ 'content-type': 'text/plain' })
    const request = { sourceSlug: 'cloudwatch', sender, headers, bytes, receivedAt: Date.now() }
    try {
      return { status: 202, ...(await receiveDelivery(request, ports)) }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return { status: error.status, message: error.message, deliveryId: '' }
    }
  }
  const sender: Sender = { kind: 'token', token: created.body.ingestToken, from: 'path' }
  return {
    org,
    id,
    sns,
    byId: (message: SnsMessage) =>
      bySender({ kind: 'id', id, userAllowed: true, headerToken: null }, message),
    post: (message: SnsMessage | string) => bySender(sender, message),
    postSigned: async (message: SnsMessage) => bySender(sender, await sns.sign(message)),
    list: async () => (await org.get(`/api/integrations/${id}/subscriptions`)).body.subscriptions,
    confirm: (subscriptionId: string) =>
      confirmSubscription(
        {
          actor: { userId: org.userId, orgId: org.orgId, role: 'editor', sid: null },
          db: openTenant(env.DB, org.orgId),
          now: Date.now(),
          nudge: quiet,
        },
        id,
        subscriptionId,
      ),
  }
}

describe('a topic that nobody allowed', () => {
  it('may ask, is listed, and nothing of it is visited or believed', async ({ expect }) => {
    const { sns, postSigned, list } = await aTopic()
    const { status, deliveryId } = await postSigned(aConfirmation())
    expect(status).toBe(202)
    expect(await consume(deliveryId, sns.http)).toMatchObject({
      state: 'processed',
      authenticity: 'signature',
    })
    expect(sns.visited).toEqual([sns.certificateUrl])
    expect(await list()).toEqual([
      {
        id: expect.any(String),
        topicArn: TOPIC,
        account: '123456789012',
        region: 'eu-west-1',
        topic: 'aurora-alarms',
        state: 'pending',
        requestedAt: expect.any(String),
        confirmedAt: null,
      },
    ])
    expect(await postSigned(aNotification())).toMatchObject({ status: 403, message: 'Topic not allowed' })
  })

  it('is listed once however often it asks', async ({ expect }) => {
    const { sns, postSigned, list } = await aTopic()
    for (let n = 0; n < 2; n++) {
      const { deliveryId } = await postSigned(aConfirmation())
      await consume(deliveryId, sns.http)
    }
    expect(await list()).toHaveLength(1)
  })

  it('proves nothing without the token', async ({ expect }) => {
    const { sns, byId } = await aTopic()
    expect((await byId(await sns.sign(aConfirmation()))).status).toBe(401)
  })
})

describe('a topic that an editor allows', () => {
  it('is confirmed by the consumer, and its alarms open incidents', async ({ expect }) => {
    const { org, sns, postSigned, list, confirm, byId } = await aTopic()
    const asked = aConfirmation()
    const { deliveryId } = await postSigned(asked)
    await consume(deliveryId, sns.http)
    const [{ id }] = await list()
    expect(await confirm(id)).toMatchObject({ state: 'confirming' })
    const down = async () => new Response('try later', { status: 500 })
    expect(await consume(deliveryId, down)).toMatchObject({ state: 'received', attempts: 1 })
    expect(await list()).toMatchObject([{ id, state: 'confirming' }])
    await env.DB.prepare('UPDATE ingest_deliveries SET not_before = NULL WHERE id = ?').bind(deliveryId).run()
    expect(await consume(deliveryId, sns.http)).toMatchObject({ state: 'processed' })
    expect(sns.visited.slice(1)).toEqual([asked.SubscribeURL])
    expect(await list()).toMatchObject([{ id, state: 'confirmed', confirmedAt: expect.any(String) }])
    expect(await confirm(id)).toMatchObject({ state: 'confirmed' })

    const alarm = await postSigned(aNotification({ Message: example }))
    const row = await consume(alarm.deliveryId)
    expect(row).toMatchObject({ state: 'processed', last_error: null, authenticity: 'signature' })
    const { body } = await org.get('/api/incidents')
    expect(body.incidents).toMatchObject([
      { severity: 'critical', alert: { title: 'checkout-api-5xx-critical' } },
    ])
    expect((await byId(await sns.sign(aNotification()))).status).toBe(202)
  })

  it('beforehand is confirmed at once', async ({ expect }) => {
    const { sns, postSigned, list } = await aTopic({ topicArns: [TOPIC] })
    const received = await postSigned(aConfirmation())
    expect(received).toMatchObject({ settings: { topicArns: [TOPIC] } })
    await consume(received.deliveryId, sns.http)
    expect(sns.visited).toHaveLength(2)
    expect(await list()).toMatchObject([{ state: 'confirmed' }])
  })

  it('is never confirmed at an address that is not of SNS', async ({ expect }) => {
    const { sns, postSigned } = await aTopic({ topicArns: [TOPIC] })
    const { deliveryId } = await postSigned(aConfirmation({ SubscribeURL: 'https://evil.example/' }))
    expect(await consume(deliveryId, sns.http)).toMatchObject({ state: 'dead' })
    expect(sns.visited).toEqual([sns.certificateUrl])
  })
})

describe('a message', () => {
  it('is refused, never held, when its signature is wrong, old or missing', async ({ expect }) => {
    const { sns, post, org, id } = await aTopic({ topicArns: [TOPIC] })
    const signed = await sns.sign(aNotification())
    const old = await sns.sign(aNotification({ Timestamp: new Date(Date.now() - 7_300_000).toISOString() }))
    const { Signature: _, ...unsigned } = signed
    const refusal = { status: 401, message: 'Invalid signature' }
    const cut = { ...signed, Signature: signed.Signature?.slice(0, -4) ?? '' }
    const bad = [
      { ...signed, Message: 'x' },
      cut,
      old,
      unsigned,
      '{}',
      '[]',
      '"x"',
      'no json',
      '\u0000\u0001',
    ]
    for (const message of bad) expect(await post(message)).toMatchObject(refusal)
    const reordered = Object.fromEntries(Object.entries(signed).reverse())
    expect((await post(JSON.stringify(reordered))).status).toBe(202)
    const { body } = await org.get(`/api/integrations/${id}`)
    expect(body.integration.health).toMatchObject({ rejected24h: bad.length, held: 0 })
  })

  it('that comes again is the same delivery', async ({ expect }) => {
    const { postSigned } = await aTopic({ topicArns: [TOPIC] })
    const message = aNotification()
    const first = await postSigned(message)
    expect(await postSigned(message)).toMatchObject({ deliveryId: first.deliveryId, duplicate: true })
  })

  it('without a signature is taken only where an admin allowed that, and only of an allowed topic', async ({
    expect,
  }) => {
    const { org, id, post } = await aTopic({ topicArns: [TOPIC] })
    await org.patch(`/api/integrations/${id}`, { verification: 'token_only' })
    expect((await post(aNotification())).status).toBe(202)
    expect((await post(aConfirmation())).status).toBe(401)
    const TopicArn = 'arn:aws:sns:eu-west-1:123456789012:another'
    expect((await post(aNotification({ TopicArn }))).status).toBe(403)
  })

  it('is to be sent again when the certificate cannot be fetched', async ({ expect }) => {
    const { sns, post } = await aTopic({ topicArns: [TOPIC] })
    const signed = await sns.sign(aNotification())
    sns.fail()
    expect((await post(signed)).status).toBe(503)
  })
})

describe('the routes of subscriptions', () => {
  it('are for editors, and answer what an editor started', async ({ expect }) => {
    const { org, id, sns, postSigned, list } = await aTopic()
    const { deliveryId } = await postSigned(aConfirmation())
    await consume(deliveryId, sns.http)
    const [subscription] = await list()
    const path = `/api/integrations/${id}/subscriptions`
    const viewer = await org.member('viewer')
    expect((await viewer.get(path)).status).toBe(403)
    expect((await viewer.post(`${path}/${subscription.id}/confirm`)).status).toBe(403)
    const editor = await org.member('editor')
    const confirmed = await editor.post(`${path}/${subscription.id}/confirm`)
    expect([confirmed.status, confirmed.body]).toEqual([
      202,
      { subscription: { ...subscription, state: 'confirming' } },
    ])
    const { body } = await org.get(`/api/integrations/${id}`)
    expect(body.integration.settings.topicArns).toEqual([TOPIC])
    const unknown = await editor.post(`${path}/${id}/confirm`)
    expect([unknown.status, unknown.body.error]).toEqual([404, 'Subscription not found'])
    const foreign = await (await anOrg()).get(path)
    expect([foreign.status, foreign.body.error]).toEqual([404, 'Integration not found'])
  })
})
