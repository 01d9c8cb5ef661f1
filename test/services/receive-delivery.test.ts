import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { integrations } from '../../drizzle/schema'
import { sha256Hex } from '../../src/lib/hmac'
import { newId } from '../../src/lib/ids'
import { readMasters } from '../../src/lib/seal-masters'
import { seal } from '../../src/lib/seal'
import { hashToken, newIngestToken } from '../../src/services/ingest-token'
import { signingSecretPlace } from '../../src/services/judge-delivery'
import { openTenant } from '../../src/store/tenant-db'
import { apiWith } from '../support/api'
import { faultsOf, faultyDatabase } from '../support/faulty-db'
import { seedOrganization } from '../support/seed'
import { grafanaBody, sign } from '../support/senders'

const SECRET = 'grafana secret'

async function aSigningSender() {
  const orgId = await seedOrganization()
  const id = newId()
  const token = newIngestToken()
  const read = await readMasters(env)
  if (!read.ok) throw new Error(read.problem)
  await openTenant(env.DB, orgId).insert(integrations, {
    id,
    source: 'grafana',
    name: 'Grafana',
    verification: 'required',
    ingestTokenHash: await hashToken(token),
    tokenSuffix: token.slice(-4),
    signingSecret: await seal(read.masters, signingSecretPlace({ id, orgId }), SECRET),
    createdBy: newId(),
  })
  return { id, url: `/api/webhooks/grafana/${token}` }
}

describe('receiving a signed delivery', () => {
  it('is answered 503 or stored once, whichever query fails, and never lost', async ({ expect }) => {
    const text = JSON.stringify(grafanaBody())
    const headers = { 'x-grafana-alerting-signature': await sign(SECRET, text) }
    const probe = faultyDatabase(env.DB, null)
    const first = await apiWith({ DB: probe.db }).post((await aSigningSender()).url, text, headers)
    expect([first.status, probe.queries()]).toEqual([202, 2])
    for (const fault of faultsOf(probe.queries())) {
      const sender = await aSigningSender()
      const failed = await apiWith({ DB: faultyDatabase(env.DB, fault).db }).post(sender.url, text, headers)
      expect([failed.status, failed.headers.get('retry-after')], JSON.stringify(fault)).toEqual([503, '5'])
      const again = await apiWith({}).post(sender.url, text, headers)
      expect([again.status, again.body.duplicate]).toEqual([202, fault.at === 2 && fault.when === 'after'])
      const { results } = await env.DB.prepare(
        'SELECT body_sha256 FROM ingest_deliveries WHERE integration_id = ?',
      )
        .bind(sender.id)
        .all()
      expect(results).toEqual([{ body_sha256: await sha256Hex(text) }])
    }
  })
})
