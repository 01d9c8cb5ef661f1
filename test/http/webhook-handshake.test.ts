import { describe, it } from 'vitest'
import { api } from '../support/api'
import { anOrg } from '../support/org'
import { processed } from '../support/processed'

async function aSender() {
  const org = await anOrg()
  const { body } = await org.post('/api/integrations', { source: 'cloudevents', name: 'Probes' })
  return { org, path: `/api/webhooks/cloudevents/${body.ingestToken}` }
}

describe('the handshake of CloudEvents', () => {
  it('allows the origin that asks with a token, at any rate', async ({ expect }) => {
    const { path } = await aSender()
    const { status, headers } = await api().call('OPTIONS', path, undefined, {
      'WebHook-Request-Origin': 'events.example.com',
    })
    expect([status, headers.get('webhook-allowed-origin'), headers.get('webhook-allowed-rate')]).toEqual([
      200,
      'events.example.com',
      '*',
    ])
  })

  it('allows nothing without a known token', async ({ expect }) => {
    const origin = { 'WebHook-Request-Origin': 'events.example.com' }
    for (const key of ['x', `aw${'0'.repeat(30)}`]) {
      const answer = await api().call('OPTIONS', `/api/webhooks/cloudevents/${key}`, undefined, origin)
      expect([answer.status, answer.body.error]).toEqual([404, 'Unknown webhook token'])
    }
  })

  it('leaves preflights of browsers alone', async ({ expect }) => {
    const { path } = await aSender()
    expect((await api().call('OPTIONS', path)).status).toBe(204)
  })
})

describe('an event in binary mode', () => {
  it('is told by its headers', async ({ expect }) => {
    const { org, path } = await aSender()
    const attributes = {
      'ce-specversion': '1.0',
      'ce-id': 'a1',
      'ce-source': '/probes/eu-1',
      'ce-type': 'com.acme.probe.alert.firing',
      'ce-subject': 'checkout-api/http',
    }
    const sent = await api().post(path, { title: 'checkout-api 503' }, attributes)
    expect(sent.status).toBe(202)
    expect(await processed(sent.body.deliveryId)).toMatchObject({ state: 'processed' })
    const again = await api().post(path, { title: 'another text' }, attributes)
    expect(again.body).toMatchObject({ deliveryId: sent.body.deliveryId, duplicate: true })
    const { body } = await org.get('/api/incidents')
    expect(body.incidents).toMatchObject([{ alert: { title: 'checkout-api 503' } }])
    const { 'ce-id': _, ...without } = attributes
    const refused = await api().post(path, {}, without)
    expect([refused.status, refused.body.error]).toEqual([400, 'Missing id'])
  })
})
