import { describe, it } from 'vitest'
import { sources } from '../../src/alerts'
import { webhookUrl } from '../../src/http/answers/webhook-urls'
import { anOrg } from '../support/org'

const companions = sources.flatMap((source) =>
  (source.aliases ?? [])
    .filter(({ path }) => path.endsWith('/webhook/{key}'))
    .map(({ path }) => [path.replace('/webhook/{key}', '/webhook-url'), source] as const),
)

describe.each(companions)('%s', (path, source) => {
  it('shows an address once, then only its end', async ({ expect }) => {
    const org = await anOrg()
    const before = await org.get(path)
    expect([before.status, before.body]).toMatchObject([
      200,
      { webhookUrl: null, masked: false, integrationId: null },
    ])
    expect(before.body.instructions.length).toBeGreaterThan(1)

    const made = await org.post(path)
    expect(made.status).toBe(200)
    expect(webhookUrl.strict().parse(made.body)).toEqual(made.body)
    const { webhookUrl: address, integrationId } = made.body
    expect(address).toMatch(
      new RegExp(`^http://aurora\\.test/api/webhooks/${source.slug}/aw[0-9A-Za-z]{30}$`),
    )
    const ours = source.scheme === 'aurora-v1' && source.defaultVerification === 'required'
    expect(typeof made.body.signingSecret).toBe(ours ? 'string' : 'undefined')

    const after = await org.get(path)
    expect(after.body).toMatchObject({ masked: true, integrationId })
    expect(after.body.webhookUrl).toBe(`http://aurora.test/api/webhooks/${source.slug}/…${address.slice(-4)}`)
    expect(after.text).not.toContain(address.slice(-32))
    expect(after.body.signingSecret).toBeUndefined()
  })

  it('rotates the token of the integration that is there, and leaves that to editors', async ({ expect }) => {
    const org = await anOrg()
    const first = await org.post(path)
    const viewer = await org.member('viewer')
    expect((await viewer.get(path)).status).toBe(200)
    expect((await viewer.post(path)).status).toBe(403)
    const second = await (await org.member('editor')).post(path)
    expect(second.body.integrationId).toBe(first.body.integrationId)
    expect(second.body.webhookUrl).not.toBe(first.body.webhookUrl)
    expect(second.body.signingSecret).toBeUndefined()
    for (const { body } of [first, second]) {
      const { pathname } = new URL(body.webhookUrl)
      const answer = await org.call('POST', pathname, '[', { authorization: '' })
      // The token is known: the body is judged, or the signature that must come with it.
      expect([400, 401]).toContain(answer.status)
    }
  })
})

describe('the texts to copy', () => {
  it('are offered where the vendor needs them, with the address in them', async ({ expect }) => {
    const org = await anOrg()
    for (const prefix of ['/datadog', '/dynatrace', '/bigpanda'])
      expect((await org.get(`${prefix}/webhook-url`)).body.payloadTemplate).toMatch(/^\{\n/)
    const made = await org.post('/jenkins/webhook-url')
    for (const text of [made.body.jenkinsfileBasic, made.body.jenkinsfileCurl]) {
      expect(text).toContain(made.body.webhookUrl)
      expect(text).not.toContain('{webhookUrl}')
    }
    expect((await org.get('/grafana/alerts/webhook-url')).body).not.toHaveProperty('payloadTemplate')
    expect((await org.get('/netdata/alerts/webhook-url')).body).toHaveProperty('verificationToken', null)
  })
})
