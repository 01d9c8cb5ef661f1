import { describe, it } from 'vitest'
import { analyse } from '../../src/agent/analyst/analyse'
import { alert, at, change, contextOf, observed, steps } from './fakes'

describe('a status page that was read', () => {
  const ruledOut = async (said: { readonly open: boolean; readonly parts: readonly unknown[] }) => {
    const page = { shape: 'provider', provider: 'GitHub', title: 'All Systems Operational', ...said }
    const { findings, hypotheses } = analyse([
      ...(await contextOf({})),
      observed(20, 'provider_status', page),
    ])
    const text = 'GitHub reports no open incident on its status page.'
    return {
      listed: findings.ruledOut.find((item) => item.text === text)?.evidence,
      state: hypotheses.find(({ statement }) => statement === text)?.state,
    }
  }

  it('rules the provider out, by its evidence, when everything of it is well', async ({ expect }) => {
    expect(await ruledOut({ open: false, parts: [] })).toEqual({ listed: [20], state: 'ruled_out' })
  })

  it('rules out nothing with an open incident or a part that is not well', async ({ expect }) => {
    const nothing = { listed: undefined, state: undefined }
    expect(await ruledOut({ open: true, parts: [] })).toEqual(nothing)
    expect(await ruledOut({ open: false, parts: [{ name: 'Webhooks', status: 'partial_outage' }] })).toEqual(
      nothing,
    )
  })
})

describe('a suspect that has hurt none of the others', () => {
  /** orders-db was changed and slows down; checkout-api was slow by far more before that. */
  const ruledOut = async (edges: readonly { readonly from: string; readonly to: string }[]) => {
    const slow = (number: number, service: string, usual: number, after: number, since: number) =>
      observed(number, 'prometheus_service_metrics', {
        shape: 'series',
        service,
        series: [steps('latency_p95', usual, after, since)],
      })
    const { candidates, findings } = analyse([
      ...(await contextOf({
        alerts: [alert(1, { service: 'orders-db' }), alert(2, { startsAt: at(30) })],
        edges,
        changes: [change(1, { service: 'orders-db', result: 'FAILURE', finishedAt: at(-120) })],
      })),
      slow(20, 'checkout-api', 0.1, 1.1, -70),
      slow(21, 'orders-db', 0.004, 0.05, -60),
    ])
    return { G: candidates[0]?.components.G, texts: findings.ruledOut.map(({ text }) => text) }
  }
  const text = 'None of the other alerting services is known to depend on orders-db.'

  it('has no dependants where none is known', async ({ expect }) => {
    const { G, texts } = await ruledOut([{ from: 'orders-db', to: 'disk' }])
    expect(G).toBe(0)
    expect(texts).toContain(text)
  })

  it('is not denied those that depend on it, whatever it did to them', async ({ expect }) => {
    const { G, texts } = await ruledOut([
      { from: 'checkout-api', to: 'orders-db' },
      { from: 'orders-db', to: 'disk' },
    ])
    expect(G).toBe(0)
    expect(texts).not.toContain(text)
  })
})
