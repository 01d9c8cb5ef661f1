import { describe, it } from 'vitest'
import { analyse } from '../../src/agent/analyst/analyse'
import { openCase } from '../../src/agent/analyst/case-file'
import { furtherCalls } from '../../src/agent/builtin/follow-signals'
import type { EvidenceItem } from '../../src/agent/evidence'
import { alert, contextOf, evidenceFrom, observed, steps, type World } from './fakes'

const METRICS = 'prometheus_service_metrics'
const OFFERED = new Set([METRICS, 'service_topology'])
const onset = '2026-01-01T10:02:30.000Z'

/** front calls shop, shop calls stock, stock calls disk; front alone alarms. */
const WORLD: World = {
  alerts: [alert(1, { service: 'front' })],
  edges: [
    { from: 'front', to: 'shop' },
    { from: 'shop', to: 'stock' },
    { from: 'stock', to: 'disk' },
  ],
}

const quiet = (service: string) => ({ service, series: [steps('latency_p95', 0.2, 0.2, 9999)] })
const slow = (service: string) => ({ service, series: [steps('latency_p95', 0.2, 2, 0)] })

const metrics = (number: number, services: readonly { service: string; series: readonly unknown[] }[]) =>
  observed(number, METRICS, {
    shape: 'service_series',
    asked: services.map(({ service }) => service),
    services,
  })

function next(evidence: readonly EvidenceItem[], offered: ReadonlySet<string> = OFFERED) {
  const file = openCase(evidence)
  return file === null ? [] : furtherCalls(file, { evidence }, offered)
}

describe('metrics', () => {
  it('are read of what alarms and what it calls, then of what the unusual ones call', async ({ expect }) => {
    const context = await contextOf(WORLD)
    const [first] = next(context)
    expect(first).toEqual({ name: METRICS, args: { services: ['front', 'shop'], onset } })
    const one = [...context, metrics(11, [slow('front'), slow('shop')])]
    expect(next(one)).toEqual([{ name: METRICS, args: { services: ['stock'], onset } }])
    expect(next([...one, metrics(12, [quiet('stock')])])).toEqual([])
    const two = [...one, metrics(12, [slow('stock')])]
    expect(next(two)).toEqual([{ name: METRICS, args: { services: ['disk'], onset } }])
  })

  it('at the edge of the known topology wait for more of it', async ({ expect }) => {
    const evidence = [...(await contextOf(WORLD)), metrics(11, ['front', 'shop', 'stock', 'disk'].map(slow))]
    const more = [{ name: 'service_topology', args: { service: 'disk', hops: 3 } }]
    expect(next(evidence)).toEqual(more)
    const asked = await evidenceFrom(WORLD, 'service_topology', 12, { service: 'disk', hops: 3 })
    expect(next([...evidence, asked])).toEqual([])
  })

  it('are not asked for again after a failure, nor when there are none, nor without a source', async ({
    expect,
  }) => {
    const context = await contextOf(WORLD)
    for (const status of ['error', 'empty'] as const)
      expect(next([...context, observed(11, METRICS, null, { status })])).toEqual([])
    expect(next(context, new Set(['service_topology']))).toEqual([])
  })

  it('are asked of the next source where one knows nothing', async ({ expect }) => {
    const none = observed(11, METRICS, null, { status: 'empty' })
    const [call] = next([...(await contextOf(WORLD)), none], new Set([METRICS, 'vendor_service_metrics']))
    expect(call).toMatchObject({ name: 'vendor_service_metrics', args: { services: ['front', 'shop'] } })
  })

  it('are asked of the next source for the services that one does not know, and of clouds last', async ({
    expect,
  }) => {
    const CLOUD = 'aws_service_metrics'
    const both = new Set([CLOUD, METRICS])
    const context = await contextOf(WORLD)
    expect(next(context, both)).toMatchObject([{ name: METRICS, args: { services: ['front', 'shop'] } }])
    const asked = ['front', 'shop']
    const some = observed(11, METRICS, { shape: 'service_series', asked, services: [slow('front')] })
    expect(next([...context, some], both)).toEqual([{ name: CLOUD, args: { services: ['shop'], onset } }])
    const rest = observed(12, CLOUD, { shape: 'service_series', asked: ['shop'], services: [slow('shop')] })
    expect(next([...context, some, rest], both)).toEqual([
      { name: METRICS, args: { services: ['stock'], onset } },
    ])
  })
})

describe('the expressions of alerts', () => {
  const SERIES = 'prometheus_alert_series'
  const both = new Set([METRICS, SERIES])
  const fired = (n: number, service: string, over: object = {}) =>
    alert(n, { service, labels: { alertname: `Rule${n}` }, ...over })

  it('are read once, with what the link of an alert carries or by the name of its rule', async ({
    expect,
  }) => {
    const link = 'https://prometheus.example.com/graph?g0.expr=latency+%3E+3&g0.tab=1'
    const alerts = [
      fired(1, 'front', { sourceUrl: link }),
      fired(2, 'shop'),
      fired(3, 'shop'),
      fired(4, 'stock'),
    ]
    const context = await contextOf({ ...WORLD, alerts })
    const [first, second] = next(context, both)
    expect(first).toEqual({
      name: SERIES,
      args: {
        alerts: [
          { service: 'front', rule: 'Rule1', expression: 'latency > 3' },
          { service: 'shop', rule: 'Rule2' },
          { service: 'shop', rule: 'Rule3' },
        ],
        onset,
      },
    })
    expect(second?.name).toBe(METRICS)
    for (const status of ['success', 'empty', 'error'] as const)
      expect(next([...context, observed(11, SERIES, null, { status })], both)).toEqual([second])
  })

  it('are not asked for where no alert is of a rule', async ({ expect }) => {
    const context = await contextOf({ ...WORLD, alerts: [fired(1, 'front', { labels: {} })] })
    expect(next(context, both).map(({ name }) => name)).toEqual([METRICS])
  })
})

describe('the service at fault', () => {
  it('is the one whose own dependencies are well, not the caller that suffers first', async ({ expect }) => {
    const evidence = [
      ...(await contextOf(WORLD)),
      metrics(11, [slow('front'), slow('shop'), slow('stock'), quiet('disk')]),
    ]
    const { candidates, rootCauseService } = analyse(evidence)
    expect(candidates.map(({ service }) => service)).toEqual(['stock', 'shop', 'front', 'disk'])
    expect(rootCauseService).toBe('stock')
  })

  it('is not the one that merely has less to do', async ({ expect }) => {
    const less = { service: 'shop', series: [steps('request_rate', 100, 5, 0)] }
    const evidence = [...(await contextOf(WORLD)), metrics(11, [slow('front'), less])]
    const { candidates } = analyse(evidence)
    expect(candidates[0]?.service).toBe('front')
    expect(candidates.find(({ service }) => service === 'shop')).toMatchObject({
      firstSign: null,
      components: { A: null },
    })
  })
})
