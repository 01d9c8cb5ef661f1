import { describe, it } from 'vitest'
import { bigpanda } from '../../src/alerts/bigpanda'
import { alertOf, plain, read } from '../support/normalised'

const { incident } = Object(bigpanda.example)
const withIncident = (changes: object) => ({ trigger: 'updated', incident: { ...incident, ...changes } })
const id = '65a3f0c1b7d8e92a4c1f0d3e'
const url = `https://a.bigpanda.io/#/app/overview/active/incidents/${id}`

describe('BigPanda', () => {
  it('becomes this alert', async ({ expect }) => {
    expect(await read(bigpanda, bigpanda.example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'bigpanda',
          sourceType: 'bigpanda',
          dedupKey: id,
          state: 'firing',
          severity: 'critical',
          severityRaw: 'critical',
          title: 'CPU saturation on checkout-api',
          service: 'checkout-api',
          environment: 'production',
          startsAt: 1767261720000,
          firedAt: 1767261720000,
          eventTime: 1767261720000,
          sourceUrl: url,
          labels: { service: 'checkout-api', team: 'payments' },
          metadata: {
            incidentUrl: url,
            status: 'active',
            trigger: 'new',
            environments: ['production'],
            sourceSystem: 'nagios.prod',
            conditionName: 'cpu_saturation',
            alertCount: 1,
          },
          sourceAlertId: id,
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('means the same without its wrapper, and with one alert as an object or as text', async ({ expect }) => {
    const whole = await alertOf(bigpanda, withIncident({}))
    expect(await alertOf(bigpanda, { trigger: 'updated', ...incident })).toEqual(whole)
    expect(await alertOf(bigpanda, withIncident({ alerts: incident.alerts[0] }))).toEqual(whole)
    const written = { alerts: JSON.stringify(incident.alerts), environments: '["production"]' }
    expect(await alertOf(bigpanda, withIncident(written))).toEqual(whole)
  })

  it('fires, is acknowledged and resolves by its status', async ({ expect }) => {
    const state = async (status: unknown) => (await alertOf(bigpanda, withIncident({ status }))).state
    for (const status of ['ok', 'resolved', 'OK']) expect(await state(status)).toBe('resolved')
    expect(await state('acknowledged')).toBe('acknowledged')
    for (const status of ['active', 'critical', 'warning', null]) expect(await state(status)).toBe('firing')
  })

  it('dates its end', async ({ expect }) => {
    const alert = await alertOf(bigpanda, withIncident({ status: 'ok', end: '1767261800' }))
    expect(alert).toMatchObject({ eventTime: 1767261800000, endsAt: 1767261800000, startsAt: 1767261720000 })
  })

  it('finds title, service and environment in what there is', async ({ expect }) => {
    const first = { condition_name: 'cpu', primary_property: 'db-1', secondary_property: 'load' }
    const bare = { incident_tags: [{ name: 'team', value: ['a', 'b'] }], environments: [{ name: 'qa' }] }
    expect(await alertOf(bigpanda, withIncident({ ...bare, alerts: [first] }))).toMatchObject({
      title: 'cpu',
      service: 'db-1',
      environment: 'test',
      labels: { team: 'a,b' },
    })
    const { condition_name: _, ...properties } = first
    expect((await alertOf(bigpanda, withIncident({ alerts: [properties] }))).title).toBe('db-1:load')
    expect((await alertOf(bigpanda, withIncident({ alerts: [] }))).title).toBe('BigPanda alert')
  })

  it('survives an incident of thousands of alerts and one nested too deeply', async ({ expect }) => {
    const alerts = Array.from({ length: 5000 }, () => incident.alerts[0])
    expect((await alertOf(bigpanda, withIncident({ alerts }))).metadata['alertCount']).toBe(5000)
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    expect((await alertOf(bigpanda, withIncident({ alerts: deep, environments: deep }))).dedupKey).toBe(id)
  })
})
