import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { aCorrelation, anAlert, at, chunkOf, incoming } from '../support/alerts'

/** Alerts with keys of their own, all of one moment, in chunks of 50. */
async function storm(
  org: Awaited<ReturnType<typeof aCorrelation>>,
  count: number,
  service: (n: number) => string,
) {
  const { integrationId } = org
  for (let done = 0; done < count; done += 50) {
    const alerts = Array.from({ length: 50 }, (_, n) =>
      incoming(anAlert({ dedupKey: newId(), service: service(done + n), eventTime: at(1) }), {
        integrationId,
      }),
    )
    await org.apply(chunkOf(...alerts), at(1))
  }
}

describe('a storm', () => {
  it('on one service is one incident with one run, told in few words', async ({ expect }) => {
    const org = await aCorrelation()
    await storm(org, 500, () => 'checkout')
    expect(
      await org.rows(
        'SELECT correlated_alert_count AS n, open_alert_count AS open FROM incidents WHERE org_id = ?',
      ),
    ).toEqual([{ n: 499, open: 500 }])
    expect(await org.rows("SELECT id FROM runs WHERE org_id = ? AND kind = 'investigation'")).toHaveLength(1)
    expect(await org.rows('SELECT id FROM alerts WHERE org_id = ?')).toHaveLength(500)
    expect(await org.rows('SELECT id FROM incident_alerts WHERE org_id = ?')).toHaveLength(500)
    const told = await org.rows(
      "SELECT event FROM lifecycle_events WHERE org_id = ? AND event = 'alert_correlated'",
    )
    expect(told).toHaveLength(60)
  })

  it('of many incidents is noticed once', async ({ expect }) => {
    const org = await aCorrelation()
    await storm(org, 100, (n) => `service-${n}`)
    expect(await org.rows('SELECT storm_until AS until FROM organization_settings WHERE org_id = ?')).toEqual(
      [{ until: at(601) }],
    )
    expect(
      await org.rows("SELECT id FROM audit_log WHERE org_id = ? AND event = 'storm.begin'"),
    ).toHaveLength(1)
    expect(await org.rows('SELECT id FROM incidents WHERE org_id = ?')).toHaveLength(100)
  })
})
