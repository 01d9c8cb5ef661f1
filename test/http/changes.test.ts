import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { anOrg } from '../support/org'

describe('reporting a change', () => {
  it('stores it once for each build', async ({ expect }) => {
    const org = await anOrg()
    const change = {
      service: 'checkout',
      job: 'deploy',
      build: 1042,
      result: 'success',
      url: 'https://ci.example.com/1042',
    }
    const answers = await Promise.all([1, 2, 3].map(() => org.post('/api/changes', change)))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(answers.filter(({ body }) => !body.duplicate)).toHaveLength(1)
    const { results } = await env.DB.prepare(
      'SELECT service, build, result FROM change_events WHERE org_id = ?',
    )
      .bind(org.orgId)
      .all()
    expect(results).toEqual([{ service: 'checkout', build: '1042', result: 'SUCCESS' }])
  })

  it('names the field that is wrong, and is for editors', async ({ expect }) => {
    const org = await anOrg()
    for (const [body, error] of [
      [{}, 'service is required'],
      [{ service: 7 }, 'service is required'],
      [
        { service: 'a', kind: 'party' },
        'Invalid kind. Must be one of: deployment, config, flag, infrastructure, scaling, other',
      ],
      [{ service: 'a', url: 'javascript:alert(1)' }, 'Invalid url'],
      [{ service: 'a', finishedAt: 'yesterday' }, 'Invalid finishedAt'],
    ] as const) {
      const answer = await org.post('/api/changes', body)
      expect([answer.status, answer.body.error]).toEqual([400, error])
    }
    expect((await (await org.member('viewer')).post('/api/changes', { service: 'a' })).status).toBe(403)
  })
})

describe('the topology', () => {
  it('grows by edges that are put, with names in one spelling, and can be forgotten', async ({ expect }) => {
    const org = await anOrg()
    const put = (edges: unknown) => org.put('/api/topology/edges', { edges })
    expect((await put([{ from: ' Web ', to: 'Checkout' }])).body).toEqual({ success: true, edges: 1 })
    expect(
      (
        await put([
          { from: 'web', to: 'checkout' },
          { from: 'checkout', to: 'ledger' },
        ])
      ).body,
    ).toEqual({ success: true, edges: 2 })
    expect((await org.get('/api/topology')).body).toEqual({
      services: ['checkout', 'ledger', 'web'],
      edges: expect.arrayContaining([
        { from: 'web', to: 'checkout' },
        { from: 'checkout', to: 'ledger' },
      ]),
    })
    expect((await org.put('/api/topology', { edges: [{ from: 'web', to: 'ads' }] })).body).toEqual({
      success: true,
      edges: 3,
    })
    expect((await put([])).status).toBe(400)
    expect((await put([{ from: 'web' }])).status).toBe(400)
    expect((await org.delete('/api/topology/edges')).body).toEqual({ success: true })
    expect((await org.get('/api/topology')).body).toEqual({ services: [], edges: [] })
  })
})
