import { describe, it } from 'vitest'
import { analyse, type Analysis } from '../../src/agent/analyst/analyse'
import type { EvidenceItem } from '../../src/agent/evidence'
import { validateFindings } from '../../src/agent/findings'
import { renderSummary } from '../../src/agent/summary'
import * as golden from './golden'
import { alert, at, change, contextOf, evidenceFrom, id, incident, observed, past, steps } from './fakes'

const DEPENDANTS = [
  alert(1),
  alert(2, { service: 'web-frontend', title: 'SlowPages', severity: 'high', startsAt: at(60) }),
  alert(3, { service: 'cart', title: 'CartErrors', severity: 'high', startsAt: at(90) }),
  alert(4, { service: 'billing', title: 'BillingErrors', severity: 'medium', startsAt: at(150) }),
]
const EDGES = ['web-frontend', 'cart', 'billing'].map((from) => ({ from, to: 'checkout-api' }))

/** The published summary; fails when validation would drop anything the rules say. */
function published(evidence: readonly EvidenceItem[], analysis: Analysis = analyse(evidence)): string {
  const { findings, dropped } = validateFindings(analysis.findings, evidence)
  if (dropped.length > 0) throw new Error(`dropped: ${JSON.stringify(dropped)}`)
  return renderSummary({
    findings,
    suggestionTitles: analysis.suggestions.map((one) => one.title),
    modelTookPart: false,
  })
}

describe('the built-in analysis concludes', () => {
  it('nothing from one alert alone, and lists what was not checked', async ({ expect }) => {
    const evidence = await contextOf({})
    const analysis = analyse(evidence)
    expect(analysis).toMatchObject({
      verdict: 'inconclusive',
      confidence: 0.45,
      mechanism: 'unknown',
      rootCauseService: null,
    })
    expect(published(evidence, analysis)).toBe(golden.oneAlert)
  })

  it('a bad change from a failed deployment four minutes before', async ({ expect }) => {
    const evidence = await contextOf({ changes: [change(1)] })
    const analysis = analyse(evidence)
    expect(analysis).toMatchObject({
      verdict: 'likely',
      confidence: 0.7,
      mechanism: 'bad_change',
      rootCauseService: 'checkout-api',
    })
    expect(published(evidence, analysis)).toBe(golden.failedDeployment)
  })

  it('the same for sure when three dependants follow', async ({ expect }) => {
    const evidence = await contextOf({ alerts: DEPENDANTS, edges: EDGES, changes: [change(1)] })
    const analysis = analyse(evidence)
    expect(analysis).toMatchObject({
      verdict: 'confirmed',
      confidence: 0.9,
      mechanism: 'bad_change',
      rootCauseService: 'checkout-api',
    })
    expect(published(evidence, analysis)).toBe(golden.withDependants)
    expect(analysis.observation).toBe(golden.observation)
    expect(analysis.conclusion).toBe(golden.conclusion)
    expect(analysis.hypotheses.map((one) => `${one.state}: ${one.statement}`)).toEqual([
      'supported: Bad change at checkout-api.',
      'ruled_out: web-frontend is a cause of its own and not a follower of checkout-api.',
      'ruled_out: cart is a cause of its own and not a follower of checkout-api.',
      'ruled_out: billing is a cause of its own and not a follower of checkout-api.',
    ])
    expect(
      analysis.suggestions.map((one) => [one.type, one.risk, one.title, one.command, one.evidence]),
    ).toEqual([
      ['mitigation', 'medium', 'Roll checkout-api back to the build before 1042', null, [2]],
      ['diagnostic', 'safe', 'Read the log of deploy/checkout-api 1042', null, [2]],
      ['diagnostic', 'safe', 'Review commit 9f8c1d2e4b7a', 'git show --stat 9f8c1d2e4b7a', [2]],
      ['prevent', 'low', 'Check the health of checkout-api before its rollouts go on', null, [2]],
    ])
  })

  it('that a deployment 20 minutes after the onset did not start it', async ({ expect }) => {
    const evidence = await contextOf({ changes: [change(1, { finishedAt: at(800), result: 'SUCCESS' })] })
    const analysis = analyse(evidence)
    expect(analysis.mechanism).toBe('unknown')
    expect(analysis.findings.ruledOut.map((one) => one.text)).toEqual([
      'Deployment `deploy/checkout-api#1042` of checkout-api ended 13 minutes (800 s) after the first alert, so it did not start this.',
      'No change to checkout-api or what it depends on ended in the 2 hours before the first alert.',
    ])
    published(evidence, analysis)
  })

  it('an exhausted pool of a silent database that its callers wait for', async ({ expect }) => {
    const world = {
      alerts: DEPENDANTS.slice(1),
      edges: DEPENDANTS.slice(1).map((one) => ({ from: one.service ?? '', to: 'orders-db' })),
    }
    const template = '<ts> ERROR pool exhausted: <n>/<n> connections to <ip> after <n> id=<hex>'
    const evidence = [
      ...(await contextOf(world)),
      observed(8, 'prometheus_query_range', {
        shape: 'series',
        service: 'orders-db',
        series: [steps('alert', 10, 50, 0, 'connections')],
      }),
      observed(9, 'loki_query_range', {
        shape: 'logs',
        service: 'orders-db',
        templates: [{ id: 'd39e43942657', template, incident: 40, baseline: 1 }],
      }),
    ]
    const analysis = analyse(evidence)
    expect(analysis).toMatchObject({
      verdict: 'confirmed',
      mechanism: 'pool_exhaustion',
      rootCauseService: 'orders-db',
    })
    expect(published(evidence, analysis)).toBe(golden.poolExhaustion)
  })

  it('the upstream service and not an unrelated deployment', async ({ expect }) => {
    const world = {
      alerts: [alert(1)],
      edges: [{ from: 'checkout-api', to: 'payments' }],
      changes: [
        change(1, {
          service: 'newsletter',
          job: 'deploy/newsletter',
          finishedAt: at(-1500),
          result: 'SUCCESS',
        }),
      ],
    }
    const evidence = [
      ...(await contextOf(world)),
      observed(8, 'prometheus_query_range', {
        shape: 'series',
        service: 'payments',
        series: [steps('error_ratio', 0.01, 0.5, -60)],
      }),
      observed(9, 'loki_query_range', {
        shape: 'logs',
        service: 'payments',
        templates: [{ id: 'a', template: 'ERROR ledger timeout', incident: 50, baseline: 0 }],
      }),
    ]
    const analysis = analyse(evidence)
    expect(analysis.candidates[0]?.service).toBe('payments')
    expect(analysis.mechanism).not.toBe('bad_change')
    expect(published(evidence, analysis)).toContain(
      'Deployment `deploy/newsletter#1042` of newsletter ended 25 minutes (1500 s) before the first alert, but no alerting service is known to depend on newsletter.',
    )
  })

  it('out of memory from rising memory, restarts and pod events', async ({ expect }) => {
    const evidence = [
      ...(await contextOf({})),
      observed(8, 'prometheus_query_range', {
        shape: 'series',
        service: 'checkout-api',
        series: [steps('memory', 2e8, 9e8, -120), steps('restarts', 0, 3, 0)],
      }),
      observed(9, 'kubernetes_list_events', {
        shape: 'events',
        service: 'checkout-api',
        texts: ['Container api OOMKilled'],
      }),
    ]
    const analysis = analyse(evidence)
    expect(analysis).toMatchObject({ mechanism: 'out_of_memory', verdict: 'likely' })
    expect(published(evidence, analysis)).toContain(
      'Likely cause: checkout-api ran out of memory: its evidence says OOMKilled.',
    )
  })

  it('a surge of traffic that came before the errors', async ({ expect }) => {
    const evidence = [
      ...(await contextOf({})),
      observed(8, 'prometheus_query_range', {
        shape: 'series',
        service: 'checkout-api',
        series: [steps('error_ratio', 0.01, 0.4, 0), steps('request_rate', 100, 1000, -180)],
      }),
    ]
    expect(analyse(evidence).mechanism).toBe('traffic_surge')
    published(evidence)
  })

  it('a certificate problem from the words of the logs', async ({ expect }) => {
    const evidence = [
      ...(await contextOf({ incident: incident({ severity: 'unknown' }) })),
      observed(8, 'loki_query_range', {
        shape: 'logs',
        service: 'checkout-api',
        templates: [{ id: 'a', template: 'error: x509: certificate has expired', incident: 30, baseline: 0 }],
      }),
    ]
    expect(analyse(evidence)).toMatchObject({
      mechanism: 'certificate',
      severity: 'critical',
      verdict: 'likely',
    })
    published(evidence)
  })

  it('nothing from two services without a connection, and names both', async ({ expect }) => {
    const alerts = [alert(1), alert(2, { service: 'search', title: 'SearchSlow', startsAt: at(40) })]
    const evidence = await contextOf({ alerts })
    const analysis = analyse(evidence)
    expect(analysis.verdict).toBe('inconclusive')
    expect(analysis.candidates.map((one) => one.service)).toEqual(['checkout-api', 'search'])
    expect(published(evidence, analysis)).toBe(golden.twoServices)
  })

  it('that a test alert and missing data are no outage', async ({ expect }) => {
    for (const labels of [{ aurora_test: 'true' }, { aurora_nodata: 'true' }, { alertname: 'TestAlert' }]) {
      const evidence = await contextOf({
        incident: incident({ severity: 'unknown' }),
        alerts: [alert(1, { labels })],
      })
      const analysis = analyse(evidence)
      expect(analysis).toMatchObject({
        mechanism: 'monitoring_artifact',
        severity: 'low',
        confidence: 0.9,
        verdict: 'confirmed',
        rootCauseService: null,
      })
      expect(published(evidence, analysis)).toMatch(
        /^Cause: (this is a test of the alerting, not an outage|the monitoring has no data)/,
      )
    }
  })

  it('no artifact when only one of the alerts is a test', async ({ expect }) => {
    const alerts = [alert(1), alert(2, { labels: { aurora_test: 'true' } })]
    expect(analyse(await contextOf({ alerts })).mechanism).toBe('unknown')
  })

  it('flapping when nothing else is wrong', async ({ expect }) => {
    const alerts = [alert(1, { flaps: 4, state: 'resolved', resolvedAt: at(110), lastSeenAt: at(110) })]
    const evidence = [
      ...(await contextOf({ alerts, incident: incident({ severity: 'unknown' }) })),
      observed(8, 'prometheus_query_range', {
        shape: 'series',
        service: 'checkout-api',
        series: [steps('error_ratio', 0.01, 0.01, 0)],
      }),
    ]
    const analysis = analyse(evidence)
    expect(analysis).toMatchObject({
      mechanism: 'monitoring_artifact',
      verdict: 'inconclusive',
      severity: 'low',
      confidence: 0.3,
    })
    expect(published(evidence, analysis)).toBe(golden.flapping)
  })

  it('the same as without memory, but cites the similar incident', async ({ expect }) => {
    const without = analyse(await contextOf({ changes: [change(1)] }))
    const evidence = await contextOf({ changes: [change(1)], past: [past(1)] })
    const analysis = analyse(evidence)
    expect(analysis.candidates.map((one) => [one.service, one.score])).toEqual(
      without.candidates.map((one) => [one.service, one.score]),
    )
    expect(analysis.confidence).toBe(without.confidence)
    expect(published(evidence, analysis)).toContain(
      'An incident with the same alert on 2025-12-12 (HighErrorRate) was put down to bad_change on checkout-api, and people marked that analysis as helpful. [3]',
    )
  })

  it('from the rest when a metrics source is down, and names it', async ({ expect }) => {
    const evidence = [
      ...(await contextOf({ changes: [change(1)] })),
      observed(8, 'prometheus_query_range', null, { status: 'error', errorCode: 'unreachable' }),
    ]
    const analysis = analyse(evidence)
    expect(analysis.verdict).toBe('likely')
    expect(analysis.findings.notChecked).toContain('Metrics: prometheus_query_range failed (unreachable).')
    published(evidence, analysis)
  })
})

describe('the built-in analysis', () => {
  it('says what resolved the incident', async ({ expect }) => {
    const alerts = DEPENDANTS.map((one) => ({ ...one, state: 'resolved' as const, resolvedAt: at(780) }))
    const changes = [change(1), change(2, { result: 'SUCCESS', finishedAt: at(600), author: 'kim' })]
    const evidence = await contextOf({ alerts, edges: EDGES, changes })
    const summary = published(evidence)
    expect(summary).toContain(
      'All 4 alerts have resolved, the last at 10:15:30 UTC, 13 minutes after the first. [1]',
    )
    expect(summary).toContain(
      'Deployment `deploy/checkout-api#1043` of checkout-api ended with SUCCESS 3 minutes (180 s) before the last alert resolved. [1, 2]',
    )
    expect(summary).toContain('Three services that depend on checkout-api alerted in production')
  })

  it('does not blame a deployment to another environment', async ({ expect }) => {
    const evidence = await contextOf({ changes: [change(1, { environment: 'staging' })] })
    const analysis = analyse(evidence)
    expect(analysis.mechanism).toBe('unknown')
    expect(analysis.findings.ruledOut[0]?.text).toBe(
      'Deployment `deploy/checkout-api#1042` of checkout-api went to staging, not to production.',
    )
  })

  it('counts as contradiction that an unconnected service showed a sign much earlier', async ({ expect }) => {
    const alerts = [
      alert(1, { service: 'search', startsAt: at(0) }),
      ...DEPENDANTS.map((one) => ({ ...one, startsAt: one.startsAt + 200_000 })),
    ]
    const evidence = await contextOf({ alerts, edges: EDGES, changes: [change(1, { finishedAt: at(190) })] })
    const analysis = analyse(evidence)
    expect(analysis.candidates[0]?.service).toBe('checkout-api')
    expect(analysis.contradictions).toEqual([
      'search, which does not depend on checkout-api, showed a sign more than 2 minutes earlier',
    ])
  })

  it('puts less trust in a signal that rests on low-trust evidence only', async ({ expect }) => {
    const evidence = (await contextOf({ changes: [change(1)] })).map((item) =>
      item.tool === 'recent_changes' ? { ...item, trust: 'low' as const } : item,
    )
    const analysis = analyse(evidence)
    expect(analysis.confidence).toBe(0.55)
    const { findings, dropped } = validateFindings(analysis.findings, evidence)
    expect(findings.verdict).toBe('inconclusive')
    expect(dropped.map((one) => one.reason)).toContain('low_trust_only')
  })

  it('says the same twice and in whatever order the evidence comes', async ({ expect }) => {
    const evidence = await contextOf({
      alerts: DEPENDANTS,
      edges: EDGES,
      changes: [change(1), change(2)],
      past: [past(1)],
    })
    const once = JSON.stringify(analyse(evidence))
    expect(JSON.stringify(analyse(evidence))).toBe(once)
    expect(JSON.stringify(analyse(evidence.toReversed()))).toBe(once)
    expect(JSON.stringify(analyse([...evidence.slice(2), ...evidence.slice(0, 2)]))).toBe(once)
  })

  it('does not depend on the order of alerts, edges and changes in the store', async ({ expect }) => {
    const world = {
      alerts: DEPENDANTS,
      edges: EDGES,
      changes: [change(1), change(2, { finishedAt: at(-300) })],
    }
    const reversed = {
      alerts: DEPENDANTS.toReversed(),
      edges: EDGES.toReversed(),
      changes: world.changes.toReversed(),
    }
    expect(await contextOf(reversed)).toEqual(await contextOf(world))
  })

  it('knows nothing without the alerts, and says so', ({ expect }) => {
    const analysis = analyse([])
    expect(analysis.verdict).toBe('inconclusive')
    expect(analysis.findings.notChecked).toEqual(['Alerts: the timeline of the incident could not be read.'])
  })

  it('proposes a severity only from what it knows', async ({ expect }) => {
    const unknown = incident({ severity: 'unknown' })
    const severity = async (count: number): Promise<string> =>
      analyse(await contextOf({ incident: unknown, alerts: DEPENDANTS.slice(0, count) })).severity
    expect([await severity(1), await severity(2), await severity(3)]).toEqual(['medium', 'high', 'critical'])
    expect(
      analyse(await contextOf({ incident: incident({ severity: 'low' }), alerts: DEPENDANTS })).severity,
    ).toBe('low')
  })

  it('adds what the later calls found', async ({ expect }) => {
    const world = {
      changes: [change(1)],
      history: [
        {
          alertId: id(90),
          incidentId: null,
          startedAt: at(-90_000),
          resolvedAt: at(-89_400),
          occurrences: 2,
          flaps: 0,
        },
        {
          alertId: id(91),
          incidentId: null,
          startedAt: at(-80_000),
          resolvedAt: at(-79_700),
          occurrences: 1,
          flaps: 0,
        },
      ],
      recent: [past(7, { id: id(77) })],
    }
    const evidence = [
      ...(await contextOf(world)),
      await evidenceFrom(world, 'alert_history', 5, { alertId: id(101) }),
      await evidenceFrom(world, 'recent_incidents', 6, { service: 'checkout-api' }),
    ]
    const summary = published(evidence)
    expect(summary).toContain('The same alert fired 2 times before in 30 days, typically for 10 minutes. [5]')
    expect(summary).toContain('checkout-api had 1 other incident in 7 days. [6]')
  })
})
