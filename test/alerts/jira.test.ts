import { describe, it } from 'vitest'
import { jira } from '../../src/alerts/jira'
import { alertOf, plain, read } from '../support/normalised'

const example = Object(jira.example)
const withFields = (fields: object, more: object = {}) => ({
  ...example,
  ...more,
  issue: { ...example.issue, fields: { ...example.issue.fields, ...fields } },
})

describe('Jira', () => {
  it('becomes this alert', async ({ expect }) => {
    const issueUrl = 'https://acme.atlassian.net/browse/OPS-12'
    expect(await read(jira, example)).toEqual({
      alerts: [
        {
          ...plain,
          kind: 'issue',
          source: 'jira',
          sourceType: 'jira',
          dedupKey: 'OPS-12',
          state: 'firing',
          severity: 'high',
          severityRaw: 'High',
          title: 'Checkout returns 503',
          service: 'checkout-api',
          environment: 'production',
          startsAt: Date.parse('2026-01-01T10:02:41Z'),
          firedAt: Date.parse('2026-01-01T10:02:41Z'),
          eventTime: 1_767_261_761_000,
          sourceUrl: issueUrl,
          labels: { env: 'production' },
          sourceAlertId: 'OPS-12',
          metadata: {
            issueUrl,
            issueKey: 'OPS-12',
            issueType: 'Incident',
            project: 'OPS',
            status: 'Open',
            event: 'jira:issue_created',
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('follows the category of the status, and ends with the issue', async ({ expect }) => {
    const state = async (key: unknown, more: object = {}) =>
      (await alertOf(jira, withFields({ status: { statusCategory: { key } } }, more))).state
    expect(await state('new')).toBe('firing')
    expect(await state('indeterminate')).toBe('acknowledged')
    expect(await state('done')).toBe('resolved')
    expect(await state('new', { webhookEvent: 'jira:issue_deleted' })).toBe('resolved')
  })

  it('reads its priorities', async ({ expect }) => {
    const severity = async (name: string) =>
      (await alertOf(jira, withFields({ priority: { name } }))).severity
    const names = ['Highest', 'High', 'Medium', 'Low', 'Lowest']
    expect(await Promise.all(names.map(severity))).toEqual(['critical', 'high', 'medium', 'low', 'low'])
  })

  it('looks at issues that mean trouble only, and says so', async ({ expect }) => {
    const settings = Object(jira.settings)
    const answer = (body: unknown, family: 'A' | 'canonical') =>
      jira.answer?.({ headers: new Headers(), body }, family, settings)
    for (const name of ['Bug', 'incident', 'Problem', 'DEFECT', 'Production Issue']) {
      const body = withFields({ issuetype: { name } })
      expect((await read(jira, body)).alerts).toHaveLength(1)
      expect(answer(body, 'A')).toEqual({ status: 202, members: { status: 'accepted', issue: 'OPS-12' } })
      expect(answer(body, 'canonical')).toBeNull()
    }
    for (const body of [
      withFields({ issuetype: { name: 'Story' } }),
      { webhookEvent: 'jira:version_released' },
    ]) {
      expect(await read(jira, body)).toEqual({ alerts: [], changes: [], errors: [] })
      const refusal = { status: 200, members: { reason: 'issue type not monitored' } }
      expect([answer(body, 'A'), answer(body, 'canonical')]).toEqual([refusal, refusal])
    }
  })

  it('links to the host of the issue and to nothing without one', async ({ expect }) => {
    const self = async (value: unknown) =>
      (await alertOf(jira, { ...example, issue: { ...example.issue, self: value } })).sourceUrl
    expect(await self('http://jira.acme.example:8443/rest/api/2/issue/1')).toBe(
      'https://jira.acme.example:8443/browse/OPS-12',
    )
    expect(await self('nonsense')).toBeNull()
  })
})
