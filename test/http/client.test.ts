/** The typed client of the API: what it knows at compile time is what comes at run time. */
import { exports } from 'cloudflare:workers'
import { hc, type InferResponseType } from 'hono/client'
import { describe, expectTypeOf, it } from 'vitest'
import type { Api } from '../../src/http/client'
import { newId } from '../../src/lib/ids'
import { anOrg, bearer, PASSWORD } from '../support/org'

const clientOf = (headers: Record<string, string> = {}) =>
  hc<Api>('http://aurora.test', {
    headers,
    fetch: (input: RequestInfo | URL, init?: RequestInit) => exports.default.fetch(new Request(input, init)),
  })

type Client = ReturnType<typeof clientOf>

describe('the typed client', () => {
  it('registers, logs in and reads with the types of the routes', async ({ expect }) => {
    const email = `${newId()}@example.com`
    const registered = await clientOf().api.auth.register.$post({
      json: { email, password: PASSWORD, name: 'Dana' },
    })
    expect(registered.status).toBe(201)
    const login = await (
      await clientOf().api.auth.login.$post({ json: { email, password: PASSWORD } })
    ).json()
    expectTypeOf(login.token).toEqualTypeOf<string>()
    const client = clientOf(bearer(login.token))
    const listed = await client.api.incidents.$get({ query: { limit: '5' } })
    if (listed.status !== 200) throw new Error(`not listed: ${listed.status}`)
    const list = await listed.json()
    expectTypeOf(list.total).toEqualTypeOf<number>()
    expect(list).toMatchObject({ incidents: [], total: 0 })
  })

  it('puts ids into paths and bodies into requests', async ({ expect }) => {
    const { token } = await anOrg()
    const client = clientOf(bearer(token))
    const created = await client.api.integrations.$post({ json: { source: 'grafana', name: 'Grafana' } })
    expect(created.status).toBe(201)
    const { integration, webhookUrl } = await created.json()
    expectTypeOf(webhookUrl).toEqualTypeOf<string>()
    const param = { integration_id: integration.id }
    const removed = await client.api.integrations[':integration_id'].$delete({ param })
    expect(await removed.json()).toEqual({ success: true })
  })

  it('does not compile with a body or a path that the API does not have', ({ expect }) => {
    type Question = Parameters<Client['api']['incidents'][':incident_id']['chat']['$post']>[0]
    expectTypeOf<Question['json']['question']>().toEqualTypeOf<string>()
    expectTypeOf<{ readonly question: number }>().not.toExtend<Question['json']>()
    expectTypeOf<Client['api']>().not.toHaveProperty('nothing')
    type Topology = InferResponseType<Client['api']['topology']['$get']>
    expectTypeOf<Topology>().toEqualTypeOf<{ services: string[]; edges: { from: string; to: string }[] }>()
    expect(clientOf().api.incidents[':incident_id'].$url({ param: { incident_id: 'x' } }).pathname).toBe(
      '/api/incidents/x',
    )
  })
})
