import { describe, it } from 'vitest'
import * as z from 'zod'
import { analyse } from '../../src/agent/analyst/analyse'
import { validateFindings } from '../../src/agent/findings'
import { nextTurn } from '../../src/agent/builtin/investigate'
import type { EvidenceItem } from '../../src/agent/evidence'
import { alert, at, change, COMMIT, contextOf, observed, ONSET, steps, type World } from './fakes'

const LOGS = 'loki_service_logs'
const EVENTS = 'kubernetes_service_events'
const COMMITS = 'github_service_commits'
const METRICS = 'prometheus_service_metrics'
const onset = new Date(ONSET).toISOString()

/** web depends on shop, shop on db; web alarms, db does not. */
const WORLD: World = {
  alerts: [alert(1, { service: 'web' })],
  edges: [
    { from: 'web', to: 'shop' },
    { from: 'shop', to: 'db' },
  ],
}

/** The next turn with these tools; `called` are those that were asked before. */
function next(
  evidence: readonly EvidenceItem[],
  offered: readonly string[],
  { called = [], fresh = [] }: { called?: readonly string[]; fresh?: readonly number[] } = {},
) {
  return nextTurn(
    {
      opening: null,
      evidence,
      called: new Set(called),
      fresh: new Set(fresh),
      turns: 1,
      question: '',
    },
    new Set([...offered, 'submit_findings']),
  )
}

const logs = (number: number, asked: readonly string[], known: readonly string[] = asked, tool = LOGS) =>
  observed(number, tool, {
    shape: 'service_logs',
    asked,
    services: known.map((service) => ({ service, templates: [] })),
  })

const asking = z.object({ services: z.array(z.string()) })
const servicesOf = (calls: ReturnType<typeof next>['calls']): readonly string[] =>
  calls.flatMap(({ args }) => asking.parse(args).services)

const failed = (number: number, tool: string) =>
  observed(number, tool, { error: 'timeout' }, { status: 'error', errorCode: 'timeout' })

describe('logs', () => {
  it('are read of the leading suspects first, four at most, once the metrics are known', async ({
    expect,
  }) => {
    const context = await contextOf({
      ...WORLD,
      edges: [...(WORLD.edges ?? []), { from: 'shop', to: 'a' }, { from: 'shop', to: 'b' }],
    })
    expect(next(context, [LOGS, METRICS]).calls).toMatchObject([{ name: METRICS }])
    const { calls, text } = next(context, [LOGS])
    expect(calls).toMatchObject([{ name: LOGS, args: { onset } }])
    expect(servicesOf(calls)).toHaveLength(4)
    expect(servicesOf(calls)).toContain('web')
    expect(text).toContain('Next I look at which errors are new in the logs.')
    const measured = observed(11, METRICS, {
      shape: 'service_series',
      asked: ['web', 'shop', 'db', 'a', 'b'],
      services: [{ service: 'db', series: [steps('latency_p95', 0.2, 2, -60)] }],
    })
    const [leader, ...others] = servicesOf(next([...context, measured], [LOGS, METRICS]).calls)
    expect(leader).toBe('db')
    expect(others).toContain('web')
  })

  it('are read again only when another one leads by then, and never for what a budget refused', async ({
    expect,
  }) => {
    const context = await contextOf(WORLD)
    const read = [...context, logs(11, ['web'])]
    expect(next(read, [LOGS], { called: [LOGS], fresh: [11] }).calls).toMatchObject([
      { name: 'submit_findings' },
    ])
    const led = [
      ...read,
      observed(12, 'x_series', {
        shape: 'series',
        service: 'db',
        series: [steps('latency_p95', 0.2, 2, -60)],
      }),
    ]
    const again = next(led, [LOGS], { called: [LOGS], fresh: [12] }).calls
    expect(servicesOf(again).toSorted()).toEqual(['db', 'shop'])
    expect(next(led, [LOGS], { called: [LOGS] }).calls).toMatchObject([{ name: 'submit_findings' }])
    expect(next(context, [LOGS], { called: [LOGS] }).calls).toMatchObject([{ name: 'submit_findings' }])
  })

  it('come from the next source when the first is down or knows none of the services', async ({ expect }) => {
    const context = await contextOf(WORLD)
    const both = ['datadog_service_logs', LOGS]
    for (const first of [
      failed(11, 'datadog_service_logs'),
      logs(11, ['web', 'shop', 'db'], [], 'datadog_service_logs'),
    ]) {
      const { calls } = next([...context, first], both, { called: ['datadog_service_logs'], fresh: [11] })
      expect(calls).toMatchObject([{ name: LOGS }])
    }
    const known = [...context, logs(11, ['web', 'shop', 'db'], ['web'], 'datadog_service_logs')]
    expect(next(known, both, { called: ['datadog_service_logs'], fresh: [11] }).calls).toMatchObject([
      { name: 'submit_findings' },
    ])
  })
})

describe('metrics', () => {
  it('come from the next source when the first is down or knows none of the services', async ({ expect }) => {
    const context = await contextOf(WORLD)
    const both = ['datadog_service_metrics', METRICS]
    const empty = observed(11, 'datadog_service_metrics', null, { status: 'empty' })
    for (const first of [failed(11, 'datadog_service_metrics'), empty])
      expect(next([...context, first], both).calls).toMatchObject([
        { name: METRICS, args: { services: ['web', 'shop'] } },
      ])
    const spent = [...context, empty, failed(12, METRICS)]
    expect(next(spent, both).calls).toMatchObject([{ name: 'submit_findings' }])
  })
})

describe('platforms', () => {
  it('are all asked, in the turn of the logs', async ({ expect }) => {
    const { calls, text } = next(await contextOf(WORLD), ['sentry_service_events', EVENTS, LOGS])
    expect(calls.map(({ name }) => name)).toEqual([LOGS, EVENTS, 'sentry_service_events'])
    expect(text).toContain('what the platform says about restarts, warnings and rollouts')
  })
})

describe('commits', () => {
  const deployed: World = {
    alerts: [alert(1)],
    changes: [
      change(1),
      change(2, { finishedAt: at(-3600), commit: 'a1b2c3d4', result: 'SUCCESS' }),
      change(3, { finishedAt: at(-1800), commit: 'ffff0000', service: 'another' }),
    ],
  }
  const commits = (over: object = {}) =>
    observed(11, COMMITS, {
      shape: 'commits',
      service: 'checkout-api',
      repository: 'acme/checkout-api',
      found: 'change',
      base: 'a1b2c3d4',
      head: COMMIT,
      total: 5,
      commits: ['Shrink the pool', 'Rename it', 'Add a test', 'Fix'].map((title, index) => ({
        sha: `${index}${COMMIT.slice(1)}`,
        author: 'dana',
        at: onset,
        title,
      })),
      ...over,
    })

  it('are asked for of the change that leads, from the deployment before it on, when all else is known', async ({
    expect,
  }) => {
    const context = await contextOf(deployed)
    expect(next(context, [COMMITS, LOGS]).calls).toMatchObject([{ name: LOGS }])
    expect(next(context, [COMMITS]).calls).toEqual([
      {
        name: COMMITS,
        args: {
          service: 'checkout-api',
          repository: 'acme/checkout-api',
          head: COMMIT,
          base: 'a1b2c3d4',
          environment: 'production',
          until: new Date(at(-240)).toISOString(),
        },
      },
    ])
    expect(next(await contextOf(WORLD), [COMMITS]).calls).toMatchObject([{ name: 'submit_findings' }])
  })

  it('are told as what went out with it, cited, and are no cause', async ({ expect }) => {
    const evidence = [...(await contextOf(deployed)), commits()]
    const { findings, rootCauseService } = analyse(evidence)
    expect(rootCauseService).toBe('checkout-api')
    const [told] = findings.claims.filter(({ text }) => text.includes('went out with'))
    expect(told).toMatchObject({ section: 'what_happened', evidence: [2, 11] })
    expect(told?.text).toBe(
      'Five commits of acme/checkout-api went out with deployment `deploy/checkout-api#1042` of checkout-api: `0f8c1d2e4b7a` Shrink the pool by dana, `1f8c1d2e4b7a` Rename it by dana, `2f8c1d2e4b7a` Add a test by dana and 2 others.',
    )
    expect(validateFindings(findings, evidence).dropped).toEqual([])
    expect(next(evidence, [], { fresh: [11] }).text).toContain('Five commits of acme/checkout-api went out')
  })

  it('that are none say so, and a guessed repository is called one', async ({ expect }) => {
    const context = await contextOf(deployed)
    const textOf = (over: object) =>
      analyse([...context, commits(over)]).findings.claims.map(({ text }) => text)
    expect(textOf({ total: 0, commits: [] })).toContain(
      'Deployment `deploy/checkout-api#1042` of checkout-api brought no commit of acme/checkout-api that was not out before.',
    )
    expect(textOf({ found: 'chosen', base: null, total: 1, commits: [] }).join('\n')).toContain(
      'One commit of acme/checkout-api (the chosen repository of that name) was made in the 24 hours before deployment',
    )
  })
})

describe('what was not checked', () => {
  it('names sources that failed and those that know none of the services', async ({ expect }) => {
    const evidence = [
      ...(await contextOf(WORLD)),
      logs(11, ['web'], []),
      observed(14, 'datadog_service_logs', {
        shape: 'service_logs',
        asked: ['web', 'shop'],
        failed: ['shop'],
        services: [{ service: 'web', templates: [] }],
      }),
      failed(12, EVENTS),
      observed(13, METRICS, null, { status: 'empty' }),
    ]
    expect(analyse(evidence).findings.notChecked).toEqual([
      'Metrics: prometheus_service_metrics found nothing about the services it was asked for.',
      'Logs: loki_service_logs found nothing about the services it was asked for.',
      'Logs: datadog_service_logs could not read shop.',
      'Traces: no trace source is connected.',
      'Changes: no change source has reported in the last 30 days.',
      'Platform: kubernetes_service_events failed (timeout).',
    ])
  })
})
