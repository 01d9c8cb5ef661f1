import { describe, it } from 'vitest'
import { connections } from '../../drizzle/schema'
import { aCorrelation } from '../support/alerts'

type Correlation = Awaited<ReturnType<typeof aCorrelation>>

const connect = ({ db }: Correlation, provider: string, publicJson: object) =>
  db.insert(connections, {
    userId: 'somebody',
    provider,
    accountId: provider,
    accountName: provider,
    method: 'api_key',
    multiAccount: false,
    status: 'connected',
    publicJson: { ...publicJson },
  })

/** Where the incident leads that an alert of this source opens. */
async function linkOf(org: Correlation, sourceType: string, title: string, sourceUrl: string | null = null) {
  await org.send({ dedupKey: title, service: title, title, sourceType, sourceUrl })
  const { link } = await org.one<{ link: string }>(
    `SELECT source_url AS link FROM incidents WHERE org_id = ? AND alert_title = '${title}'`,
  )
  return link
}

describe('the link of an incident', () => {
  it('is that of its alert, else that of the connected tool, else none', async ({ expect }) => {
    const org = await aCorrelation()
    await connect(org, 'splunk', { baseUrl: 'https://splunk.example.com' })
    await connect(org, 'dynatrace', { environmentUrl: 'https://abc.live.dynatrace.com' })
    expect(await linkOf(org, 'splunk', 'A')).toBe('https://splunk.example.com')
    expect(await linkOf(org, 'splunk', 'B', 'https://splunk.example.com/b')).toBe(
      'https://splunk.example.com/b',
    )
    expect(await linkOf(org, 'dynatrace', 'C')).toBe('https://abc.live.dynatrace.com')
    expect(await linkOf(org, 'grafana', 'D')).toBe('')
    expect(await linkOf(org, 'generic', 'E')).toBe('')
  })

  it('leads to no tool of another organisation, nor to one that was disconnected', async ({ expect }) => {
    const [org, other] = [await aCorrelation(), await aCorrelation()]
    await connect(other, 'grafana', { baseUrl: 'https://grafana.example.com' })
    expect(await linkOf(org, 'grafana', 'A')).toBe('')
    expect(await linkOf(other, 'grafana', 'A')).toBe('https://grafana.example.com')
    await other.db.update(connections, { status: 'not_connected' }, undefined)
    expect(await linkOf(other, 'grafana', 'B')).toBe('')
  })
})
