import { describe, it } from 'vitest'
import { opsgenieApi } from '../../src/alerts/opsgenie-api'
import { api } from '../support/api'
import { anOrg } from '../support/org'
import { processed } from '../support/processed'

const { body: example } = Object(opsgenieApi.example)
const alias = 'slo-burn-checkout-api'
/** An answer without what differs each time, which must be there. */
function withoutMeta({ took, requestId, ...rest }: { took?: unknown; requestId?: unknown }): object {
  if (typeof took !== 'number' || typeof requestId !== 'string')
    throw new Error('took or requestId is missing')
  return rest
}

/** An integration, and a client of the Alerts API that has its key. */
async function aClient() {
  const org = await anOrg()
  const created = await org.post('/api/integrations', { source: 'opsgenie_api', name: 'Prometheus' })
  const { ingestToken: token, integration } = created.body
  const client = api({ authorization: `GenieKey ${token}` })
  /** Sends a request, lets it be carried out, and asks what became of it. */
  const done = async (method: string, path: string, body?: unknown) => {
    const answer = await client.call(method, path, body)
    if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`)
    await processed(answer.body.requestId)
    const { body: outcome } = await client.get(`/v2/alerts/requests/${answer.body.requestId}`)
    return outcome.data
  }
  return {
    ...client,
    org,
    token,
    integrationId: integration.id,
    settings: integration.settings,
    done,
    create: (changes: object = {}) => done('POST', '/v2/alerts', { ...example, ...changes }),
    act: (action: string, identifier: string, type: string, body: unknown = {}) =>
      done('POST', `/v2/alerts/${encodeURIComponent(identifier)}/${action}?identifierType=${type}`, body),
    read: async (identifier: string, type = 'id') =>
      (await client.get(`/v2/alerts/${encodeURIComponent(identifier)}?identifierType=${type}`)).body.data,
  }
}

describe('the Opsgenie Alerts API', () => {
  it('takes an alert and says later what became of it', async ({ expect }) => {
    const { post, get, integrationId, settings, read } = await aClient()
    const { status, body } = await post('/v2/alerts', example)
    expect([status, withoutMeta(body)]).toEqual([202, { result: 'Request will be processed' }])
    await processed(body.requestId)
    const outcome = await get(`/v2/alerts/requests/${body.requestId}`)
    expect([outcome.status, outcome.body]).toEqual([
      200,
      {
        data: {
          success: true,
          isSuccess: true,
          action: 'Create',
          processedAt: expect.any(String),
          integrationId,
          status: 'Created alert',
          alertId: expect.any(String),
          alias,
        },
        took: expect.any(Number),
        requestId: body.requestId,
      },
    ])
    expect(await read(outcome.body.data.alertId)).toMatchObject({
      id: outcome.body.data.alertId,
      tinyId: '1',
      alias,
      message: 'checkout-api error budget burn',
      status: 'open',
      acknowledged: false,
      count: 1,
      tags: ['service:checkout-api', 'env:production'],
      priority: 'P1',
      source: 'prometheus-prod',
      entity: 'checkout-api',
      description: 'Burn rate 14x over 1h',
      details: { runbook: 'https://runbooks.example.com/slo' },
      integration: { id: integrationId, name: 'Prometheus', type: 'API' },
    })
    expect(settings.reopenWindowSeconds).toBe(0)
  })

  it('says that a request is not processed yet, and nothing of requests of others', async ({ expect }) => {
    const [one, other] = [await aClient(), await aClient()]
    const refusal = { message: 'Request not found. It might not be processed, yet.' }
    for (const id of ['0199f2a5-9d10-7aaa-8bbb-0c0d0e0f1011', 'nonsense']) {
      const { status, body } = await one.get(`/v2/alerts/requests/${id}`)
      expect([status, withoutMeta(body)]).toEqual([404, refusal])
    }
    const { body } = await one.post('/v2/alerts', example)
    await processed(body.requestId)
    expect((await other.get(`/v2/alerts/requests/${body.requestId}`)).status).toBe(404)
  })

  it('repeats an open alias and opens a closed one anew', async ({ expect }) => {
    const { create, act, read } = await aClient()
    const first = await create()
    expect(await create()).toMatchObject({
      success: true,
      alertId: first.alertId,
      status: 'Alert is already open',
    })
    expect((await read(alias, 'alias')).count).toBe(2)
    expect(await act('close', alias, 'alias')).toMatchObject({
      success: true,
      action: 'Close',
      status: 'Closed alert',
      alertId: first.alertId,
    })
    expect((await read(first.alertId)).status).toBe('closed')
    const second = await create()
    expect(second.alertId).not.toBe(first.alertId)
    expect(await read(alias, 'alias')).toMatchObject({ id: second.alertId, status: 'open', tinyId: '2' })
  })

  it('acknowledges and takes that back, by id, alias or number, and keeps what the alert says', async ({
    expect,
  }) => {
    const { create, act, read } = await aClient()
    const { alertId } = await create()
    expect(await act('acknowledge', alertId, 'id')).toMatchObject({
      success: true,
      status: 'Acknowledged alert',
    })
    const { tinyId, acknowledged } = await read(alertId)
    expect([tinyId, acknowledged]).toEqual(['1', true])
    expect(await act('unacknowledge', tinyId, 'tiny')).toMatchObject({
      success: true,
      status: 'Unacknowledged alert',
    })
    expect(await read(alertId)).toMatchObject({
      acknowledged: false,
      message: 'checkout-api error budget burn',
    })
    expect(await act('notes', alias, 'alias', { note: 'looking' })).toMatchObject({
      success: true,
      action: 'AddNote',
    })
    expect(await act('snooze', alias, 'alias')).toMatchObject({ success: true, action: 'Snooze' })
  })

  it('uses the id as the alias of an alert that has none', async ({ expect }) => {
    const { create, act, read } = await aClient()
    const { alertId, alias: given } = await create({ alias: undefined })
    expect(given).toBe(alertId)
    expect((await read(alertId)).alias).toBe(alertId)
    expect((await create({ alias: undefined })).alertId).not.toBe(alertId)
    expect(await act('close', alertId, 'alias')).toMatchObject({ success: true, alertId })
  })

  it('resolves what is deleted and keeps it', async ({ expect }) => {
    const { create, done, read } = await aClient()
    const { alertId } = await create()
    expect(await done('DELETE', `/v2/alerts/${alertId}`)).toMatchObject({ success: true, action: 'Delete' })
    expect((await read(alertId)).status).toBe('closed')
  })

  it('takes an action on an unknown or closed alert and reports its failure', async ({ expect }) => {
    const { create, act } = await aClient()
    const failure = { success: false, isSuccess: false, status: 'Alert does not exist, or is closed' }
    expect(await act('close', 'nothing', 'alias')).toMatchObject(failure)
    expect(await act('acknowledge', '99', 'tiny')).toMatchObject(failure)
    expect(await act('unacknowledge', 'nothing', 'id')).toMatchObject(failure)
    const { alertId } = await create()
    expect(await act('close', alias, 'id')).toMatchObject(failure)
    await act('close', alertId, 'id')
    expect(await act('close', alertId, 'id')).toMatchObject({ ...failure, alertId })
  })

  it("lists an integration's alerts, newest first", async ({ expect }) => {
    const [one, other] = [await aClient(), await aClient()]
    await one.create({ alias: 'a' })
    await one.create({ alias: 'ä/ö' })
    const listed = async (query: string) =>
      (await one.get(`/v2/alerts${query}`)).body.data.map((alert: { alias: string }) => alert.alias)
    expect(await listed('')).toEqual(['ä/ö', 'a'])
    expect(await listed('?limit=1&offset=1')).toEqual(['a'])
    expect((await one.read('ä/ö', 'alias')).alias).toBe('ä/ö')
    expect((await other.get('/v2/alerts')).body.data).toEqual([])
    const foreign = await one.read('a', 'alias')
    const { status, body } = await other.get(`/v2/alerts/${foreign.id}`)
    expect([status, withoutMeta(body)]).toEqual([
      404,
      { message: `Alert with id [${foreign.id}] does not exist` },
    ])
  })

  it('refuses a wrong key, a bad body and what is too large as its vendor does', async ({ expect }) => {
    const { token, post, call } = await aClient()
    const refusal = { message: 'Could not authenticate' }
    for (const authorization of ['', `Bearer ${token}`, 'GenieKey x', `GenieKey aw${'0'.repeat(30)}`])
      for (const [method, path] of [
        ['POST', '/v2/alerts'],
        ['GET', '/v2/alerts'],
        ['GET', '/v2/alerts/requests/x'],
        ['POST', '/v2/alerts/x/close'],
        ['DELETE', '/v2/alerts/x'],
      ] as const) {
        const { status, body } = await call(method, path, method === 'GET' ? undefined : example, {
          authorization,
        })
        expect([method, path, status, withoutMeta(body)]).toEqual([method, path, 401, refusal])
      }
    for (const body of [{}, { message: ' ' }, { message: null }]) {
      const answer = await post('/v2/alerts', body)
      expect([answer.status, withoutMeta(answer.body)]).toEqual([
        422,
        {
          message: 'Request body is not processable. Please check the errors.',
          errors: { message: 'Message can not be empty.' },
        },
      ])
    }
    for (const text of ['{', '[]', 'null']) expect((await post('/v2/alerts', text)).status).toBe(422)
    const large = await post('/v2/alerts', 'x'.repeat(1_048_577))
    expect([large.status, withoutMeta(large.body)]).toEqual([413, { message: 'Request body too large' }])
  })
})
