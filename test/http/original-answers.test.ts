/** The answers that senders of single vendors got from the original's paths. */
import { describe, it } from 'vitest'
import { jira } from '../../src/alerts/jira'
import { newrelic } from '../../src/alerts/newrelic'
import { oncall } from '../../src/alerts/oncall'
import { sentry } from '../../src/alerts/sentry'
import { utf8 } from '../../src/lib/hmac'
import { api } from '../support/api'
import { anOrg } from '../support/org'
import { signedHeaders } from '../support/sign'

async function aSender(source: string) {
  const org = await anOrg()
  const { body } = await org.post('/api/integrations', { source, name: 'Sender' })
  const { ingestToken: token, integration } = body
  return { org, token, id: integration.id }
}
const usual = { received: true, duplicate: false }

describe("the original's answer", () => {
  it('names the issue of New Relic', async ({ expect }) => {
    const { token } = await aSender('newrelic')
    const { status, body } = await api().post(`/newrelic/webhook/${token}`, newrelic.example)
    expect([status, body]).toMatchObject([
      202,
      { ...usual, accepted: true, issueId: Object(newrelic.example).id },
    ])
    const canonical = await api().post(`/api/webhooks/newrelic/${token}`, newrelic.example)
    expect(canonical.body).toEqual({ received: true, deliveryId: body.deliveryId, duplicate: true })
  })

  it('names the resource of Sentry', async ({ expect }) => {
    const { org, token, id } = await aSender('sentry')
    await org.put(`/api/integrations/${id}/signing-secret`, { secret: 'client-secret' })
    const bytes = utf8(JSON.stringify(sentry.example))
    const signed = await signedHeaders('sentry', 'client-secret', bytes, Date.now())
    const headers = { ...Object.fromEntries(signed), 'Sentry-Hook-Resource': 'issue', 'Request-ID': 'r1' }
    const { status, body } = await api().post(`/sentry/webhook/${token}`, sentry.example, headers)
    expect([status, body]).toMatchObject([202, { ...usual, accepted: true, resource: 'issue' }])
  })

  it('names the issue of Jira, or why it is not looked at', async ({ expect }) => {
    const { token } = await aSender('jira')
    const { status, body } = await api().post(`/jira/webhook/${token}`, jira.example)
    expect([status, body]).toMatchObject([202, { ...usual, status: 'accepted', issue: 'OPS-12' }])
    const story = { issue: { key: 'OPS-13', fields: { issuetype: { name: 'Story' } } } }
    const ignored = { received: true, reason: 'issue type not monitored' }
    const older = await api().post(`/jira/webhook/${token}`, story)
    expect([older.status, older.body]).toMatchObject([200, ignored])
    const canonical = await api().post(`/api/webhooks/jira/${token}`, story)
    expect([canonical.status, canonical.body]).toMatchObject([202, ignored])
  })

  it('to the formatted webhook is 200', async ({ expect }) => {
    const { token } = await aSender('oncall')
    const { status, body } = await api().post(`/integrations/v1/formatted_webhook/${token}/`, oncall.example)
    expect([status, body]).toMatchObject([200, usual])
  })
})
