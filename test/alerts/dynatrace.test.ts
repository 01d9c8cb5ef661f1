import { describe, it } from 'vitest'
import { dynatrace } from '../../src/alerts/dynatrace'
import { alertOf, plain, read } from '../support/normalised'

const example = Object(dynatrace.example)
const pid = '-2837465019283746501_1767261720000V2'
const url = `https://abc12345.live.dynatrace.com/#problems/problemdetails;pid=${pid}`
const withFields = (changes: object) => ({ ...example, ...changes })

describe('Dynatrace', () => {
  it('becomes this alert', async ({ expect }) => {
    expect(await read(dynatrace, dynatrace.example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'dynatrace',
          sourceType: 'dynatrace',
          dedupKey: pid,
          state: 'firing',
          severity: 'high',
          severityRaw: 'ERROR',
          title: 'Failure rate increase',
          service: 'checkout-api',
          environment: 'production',
          sourceUrl: url,
          labels: { env: 'production', team: 'payments' },
          metadata: { impact: 'SERVICE', problemUrl: url, impactedEntity: 'Web service checkout-api' },
          sourceAlertId: 'P-26010114',
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('ends when the problem does, and with a note when it was merged', async ({ expect }) => {
    const states = async (State: unknown) =>
      (await read(dynatrace, withFields({ State }))).alerts.map(({ state }) => state)
    expect(await states('OPEN')).toEqual(['firing'])
    expect(await states('RESOLVED')).toEqual(['resolved'])
    expect(await states('{State}')).toEqual(['firing'])
    expect(await states('SOMETHING')).toEqual(['info'])
    const { alerts } = await read(dynatrace, withFields({ State: 'MERGED' }))
    expect(alerts).toMatchObject([
      { state: 'info', dedupKey: pid, seq: 0, metadata: { note: 'Merged into another problem' } },
      { state: 'resolved', dedupKey: pid, seq: 1 },
    ])
  })

  it('reads its severities', async ({ expect }) => {
    const expected = {
      AVAILABILITY: 'critical',
      ERROR: 'high',
      PERFORMANCE: 'medium',
      RESOURCE: 'medium',
      RESOURCE_CONTENTION: 'medium',
      MONITORING_UNAVAILABLE: 'medium',
      CUSTOM_ALERT: 'low',
      OTHER: 'unknown',
      '{ProblemSeverity}': 'unknown',
    }
    for (const [ProblemSeverity, severity] of Object.entries(expected)) {
      const alert = await alertOf(dynatrace, withFields({ ProblemSeverity }))
      expect([ProblemSeverity, alert.severity]).toEqual([ProblemSeverity, severity])
    }
  })

  it('finds the service in tags, among the entities, or at the end of the text', async ({ expect }) => {
    const service = async (changes: object) =>
      (await alertOf(dynatrace, withFields({ Tags: '', ...changes }))).service
    const host = { type: 'HOST', name: 'web-03' }
    const ledger = { type: 'SERVICE', name: 'ledger' }
    expect(await service({ Tags: 'service:cart' })).toBe('cart')
    expect(await service({ Tags: '[Kubernetes]app:cart,[AWS]Name:x' })).toBe('cart')
    expect(await service({ ImpactedEntities: [host, ledger] })).toBe('ledger')
    expect(await service({ ImpactedEntities: JSON.stringify([host, ledger]) })).toBe('ledger')
    expect(await service({ ImpactedEntities: [host] })).toBe('web-03')
    expect(await service({ ImpactedEntities: '{ImpactedEntities}' })).toBe('checkout-api')
    expect(await service({ ImpactedEntities: '[not json', ImpactedEntity: null })).toBeNull()
    expect((await alertOf(dynatrace, withFields({ ImpactedEntities: [host, ledger] }))).host).toBe('web-03')
  })

  it('counts placeholders that were not replaced as absent', async ({ expect }) => {
    const changes = {
      PID: '{PID}',
      ProblemTitle: '{ProblemTitle}',
      Tags: '{Tags}',
      ProblemURL: '{ProblemURL}',
    }
    expect(await alertOf(dynatrace, withFields(changes))).toMatchObject({
      dedupKey: 'P-26010114',
      title: 'Dynatrace alert',
      labels: {},
      sourceUrl: null,
    })
    const template = (dynatrace.templates?.payloadTemplate ?? '').replace(
      ' {ImpactedEntities}',
      ' "{ImpactedEntities}"',
    )
    const unreplaced: unknown = JSON.parse(template)
    expect(await read(dynatrace, unreplaced)).toEqual({
      alerts: [],
      changes: [],
      errors: [{ index: 0, message: 'Missing dedupKey' }],
    })
  })
})
