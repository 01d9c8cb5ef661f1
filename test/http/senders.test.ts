import { createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it, vi } from 'vitest'
import { sources } from '../../src/alerts'
import { settingsFor } from '../../src/alerts/settings'
import type { AlertSource } from '../../src/alerts/source'
import worker from '../../src/index'
import { utf8 } from '../../src/lib/hmac'
import { anOrg, type Org } from '../support/org'
import { read } from '../support/normalised'
import { signedHeaders } from '../support/sign'

const SECRET = 'whsec_YXVyb3JhLXN2aXgtdGVzdC1rZXktMDAw'
// Amazon's signature needs a certificate of its own, and where every request is an event nothing repeats: these have their own tests.
const walked = sources.filter(
  ({ scheme, deliveryIdentity }) => scheme !== 'sns' && deliveryIdentity !== 'request',
)

/** A fresh organisation with an integration of this source, and how its vendor would post to it. */
async function aSender(source: AlertSource) {
  const org = await anOrg()
  const created = await org.post('/api/integrations', {
    source: source.slug,
    name: 'Walked',
    settings: { investigate: false },
  })
  const id: string = created.body.integration.id
  const given: string | undefined = created.body.signingSecret
  if (given === undefined && source.defaultVerification === 'required')
    await org.put(`/api/integrations/${id}/signing-secret`, { secret: SECRET })
  const token: string = created.body.ingestToken
  const secret = given ?? SECRET
  const post = async (path: string, body: unknown, inHeader = false) => {
    const bytes = utf8(JSON.stringify(body))
    const signed =
      source.defaultVerification === 'required'
        ? await signedHeaders(source.scheme, secret, bytes, Date.now())
        : new Headers()
    const headers = { ...Object.fromEntries(signed), ...(inHeader ? { 'x-aurora-token': token } : {}) }
    return org.call('POST', path, body, { authorization: '', ...headers })
  }
  return { org, id, token, created, post }
}

/** Lets the queue's consumer work, and waits for the end of this delivery. */
async function processed(deliveryId: string) {
  const messages = [{ id: 'm1', timestamp: new Date(), attempts: 1, body: { v: 1, deliveryId } }]
  await worker.queue(createMessageBatch('aurora-ingest', messages), env)
  return vi.waitUntil(
    async () => {
      const row = await env.DB.prepare(
        'SELECT state, outcome, last_error FROM ingest_deliveries WHERE id = ?',
      )
        .bind(deliveryId)
        .first<{ state: string; outcome: string | null; last_error: string | null }>()
      return row?.state === 'processed' || row?.state === 'dead' ? row : null
    },
    { timeout: 10_000, interval: 5 },
  )
}

const titlesOf = async (org: Org): Promise<string[]> => {
  const { body } = await org.get('/api/incidents')
  return body.incidents.map(({ alert }: { alert: { title: string } }) => alert.title)
}

describe.each(walked.map((source) => [source.slug, source] as const))('a sender of %s', (slug, source) => {
  it('is accepted on the canonical path and on every older one, and its alert opens an incident', async ({
    expect,
  }) => {
    const { org, id, token, post } = await aSender(source)
    const first = await post(`/api/webhooks/${slug}/${token}`, source.example)
    const asked = { headers: new Headers(), body: source.example }
    const more = source.answer?.(asked, 'canonical', settingsFor(source, {}))?.members
    expect([first.status, first.body]).toEqual([
      202,
      { received: true, deliveryId: expect.any(String), duplicate: false, ...more },
    ])
    const { deliveryId } = first.body
    // Where every request is an event of its own, the same body again is another delivery.
    const known = source.deliveryIdentity === 'request' ? {} : { deliveryId, duplicate: true }

    const older = [{ path: `/api/webhooks/${slug}`, family: 'B' }, ...(source.aliases ?? [])]
    for (const { path, family } of older) {
      const again = await post(path.replace('{key}', token), source.example, family !== 'A')
      expect([path, again.status < 300, again.body]).toMatchObject([path, true, { received: true, ...known }])
      const slash = await post(`${path.replace('{key}', token)}/`, source.example, family !== 'A')
      expect([path, slash.status, slash.body]).toMatchObject([
        path,
        again.status,
        { received: true, ...known },
      ])
    }

    expect(await processed(deliveryId)).toMatchObject({ state: 'processed' })
    const { alerts, changes } = await read(source, source.example)
    const firing = alerts.filter(({ state }) => state === 'firing').map(({ title }) => title)
    expect(await titlesOf(org)).toEqual(firing.slice(0, 1))
    const stored = await env.DB.prepare('SELECT count(*) AS n FROM change_events WHERE integration_id = ?')
      .bind(id)
      .first<{ n: number }>()
    expect(stored?.n).toBe(changes.length)
    const health = await org.get(`/api/integrations/${id}`)
    expect(health.body.integration.health).toMatchObject({ rejected24h: 0, held: 0, dead24h: 0 })
  })

  it('is understood in its other shapes too', async ({ expect }) => {
    const { org, token, post } = await aSender(source)
    for (const example of source.otherExamples ?? []) {
      const { status, body } = await post(`/api/webhooks/${slug}/${token}`, example)
      expect(status).toBe(202)
      expect(await processed(body.deliveryId)).toMatchObject({ state: 'processed', last_error: null })
    }
    expect((await titlesOf(org)).length > 0).toBe(source.otherExamples !== undefined)
  })

  it('is refused with a foreign token and with the token of another source', async ({ expect }) => {
    const { token, post } = await aSender(source)
    const foreign = `aw${'x'.repeat(30)}`
    const unknown = await post(`/api/webhooks/${slug}/${foreign}`, source.example)
    expect([unknown.status, unknown.body.error]).toEqual([404, 'Unknown webhook token'])
    const other = slug === 'grafana' ? 'generic' : 'grafana'
    expect((await post(`/api/webhooks/${other}/${token}`, source.example)).status).not.toBeLessThan(400)
  })

  it('gets the secret that it must sign with once, where that is ours', async ({ expect }) => {
    const { org, id, token, created } = await aSender(source)
    const ours = source.scheme === 'aurora-v1' && source.defaultVerification === 'required'
    expect(created.body.signingSecret !== undefined).toBe(ours)
    if (!ours) return
    expect(created.body.signingSecret).toMatch(/^[0-9a-f]{64}$/)
    const shown = await org.get(`/api/integrations/${id}`)
    expect(shown.body.integration.hasSigningSecret).toBe(true)
    expect(shown.text).not.toContain(created.body.signingSecret)
    const unsigned = await org.call('POST', `/api/webhooks/${slug}/${token}`, source.example, {
      authorization: '',
    })
    expect([unsigned.status, unsigned.body.error]).toEqual([401, 'Invalid signature'])
  })
})

describe('a delivery that changes nothing', () => {
  it('is accepted, and PagerDuty is told why', async ({ expect }) => {
    const source = sources.find(({ slug }) => slug === 'pagerduty')
    if (source === undefined) throw new Error('not registered')
    const { org, token, post } = await aSender(source)
    const ping = { event: { id: 'E1', event_type: 'pagey.ping', resource_type: 'pagey', data: {} } }
    const answer = await post(`/pagerduty/webhook/${token}`, ping)
    expect([answer.status, answer.body]).toEqual([
      200,
      { received: true, deliveryId: expect.any(String), duplicate: false, reason: 'non-incident event' },
    ])
    expect(await processed(answer.body.deliveryId)).toMatchObject({ state: 'processed' })
    expect(await titlesOf(org)).toEqual([])
  })

  it("keeps the token of Netdata's test for whoever has to enter it", async ({ expect }) => {
    const source = sources.find(({ slug }) => slug === 'netdata')
    if (source === undefined) throw new Error('not registered')
    const { org, id, token, post } = await aSender(source)
    expect((await org.get('/netdata/alerts/webhook-url')).body.verificationToken).toBeNull()
    const answer = await post(`/api/webhooks/netdata/${token}`, {
      title: 'Test Notification',
      token: "it's <ours>",
    })
    expect(await processed(answer.body.deliveryId)).toMatchObject({ state: 'processed' })
    expect(await titlesOf(org)).toEqual([])
    expect((await org.get('/netdata/alerts/webhook-url')).body.verificationToken).toBe("it's <ours>")
    const { body } = await org.get(`/api/integrations/${id}`)
    expect(body.integration.health.lastTestAt).toBe(body.integration.health.lastDeliveryAt)
  })
})

describe('a build', () => {
  it('that fails opens an incident, which the next good build of the job resolves', async ({ expect }) => {
    const source = sources.find(({ slug }) => slug === 'jenkins')
    if (source === undefined) throw new Error('not registered')
    const { org, id, token, post } = await aSender(source)
    const send = async (changes: object) => {
      const { body } = await post(`/api/webhooks/jenkins/${token}`, { ...Object(source.example), ...changes })
      await processed(body.deliveryId)
      return org.get('/api/incidents')
    }
    const failed = await send({ result: 'FAILURE', build_number: 1 })
    expect(failed.body.incidents).toMatchObject([{ status: 'investigating' }])
    const repeated = await send({ result: 'FAILURE', build_number: 1, deployer: 'dana again' })
    expect(repeated.body.incidents).toHaveLength(1)
    const good = await send({ result: 'SUCCESS', build_number: 2 })
    expect(good.body.incidents).toMatchObject([{ status: 'resolved' }])
    const builds = await env.DB.prepare(
      'SELECT build FROM change_events WHERE integration_id = ? ORDER BY build',
    )
      .bind(id)
      .all<{ build: string }>()
    expect(builds.results.map(({ build }) => build)).toEqual(['1', '2'])
  })
})
