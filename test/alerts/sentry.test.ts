import { describe, it } from 'vitest'
import { sentry } from '../../src/alerts/sentry'
import { alertOf, plain, read } from '../support/normalised'

const issue = Object(sentry.example).data.issue
const metric = Object(sentry.otherExamples?.[0])
const withIssue = (action: string, changes: object = {}) => ({
  action,
  data: { issue: { ...issue, ...changes } },
})

describe('Sentry', () => {
  it('becomes this alert', async ({ expect }) => {
    const startsAt = Date.parse('2026-01-01T10:02:31Z')
    const issueUrl = 'https://acme.sentry.io/issues/5170012345/'
    expect(await read(sentry, sentry.example)).toEqual({
      alerts: [
        {
          ...plain,
          kind: 'issue',
          source: 'sentry',
          sourceType: 'sentry',
          dedupKey: 'issue:5170012345',
          state: 'firing',
          severity: 'high',
          severityRaw: 'high',
          title: 'TimeoutError: payment gateway',
          description: 'POST /pay',
          service: 'checkout-api',
          startsAt,
          firedAt: startsAt,
          eventTime: Date.parse('2026-01-01T10:04:02Z'),
          sourceUrl: issueUrl,
          sourceAlertId: 'CHECKOUT-1KZ',
          metadata: {
            issueUrl,
            culprit: 'POST /pay',
            count: '41',
            userCount: 37,
            level: 'error',
            shortId: 'CHECKOUT-1KZ',
            platform: 'node',
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it.for([
    ['created', 'firing'],
    ['unresolved', 'firing'],
    ['assigned', 'acknowledged'],
    ['resolved', 'resolved'],
    ['archived', 'resolved'],
    ['ignored', 'resolved'],
    ['unassigned', 'info'],
  ] as const)('means by %s of an issue what it should', async ([action, state], { expect }) => {
    const alert = await alertOf(sentry, withIssue(action))
    expect([alert.state, alert.reopening]).toEqual([state, action === 'unresolved'])
  })

  it('dates what happens to an issue by its receipt, however old the issue is', async ({ expect }) => {
    const { eventTime } = await alertOf(sentry, withIssue('unresolved'))
    expect(eventTime).toBe(plain.eventTime)
  })

  it('believes a fatal level more than a priority, and a priority more than another level', async ({
    expect,
  }) => {
    const severity = async (changes: object) =>
      (await alertOf(sentry, withIssue('created', changes))).severity
    expect(await severity({ level: 'fatal', priority: 'low' })).toBe('critical')
    expect(await severity({ level: 'error', priority: 'low' })).toBe('low')
    expect(await severity({ level: 'warning', priority: null })).toBe('medium')
  })

  it('becomes an alert of its issue when an issue alert is triggered', async ({ expect }) => {
    const event = {
      issue_id: '4501',
      title: 'Boom',
      level: 'error',
      url: 'https://sentry.io/api/0/projects/acme/checkout-api/events/9f/',
      web_url: 'https://acme.sentry.io/issues/4501/events/9f/',
      datetime: '2026-01-01T10:03:00Z',
      environment: 'prod',
    }
    expect(await alertOf(sentry, { action: 'triggered', data: { event } })).toMatchObject({
      state: 'firing',
      dedupKey: 'issue:4501',
      severity: 'high',
      service: 'checkout-api',
      environment: 'production',
      eventTime: Date.parse('2026-01-01T10:03:00Z'),
      sourceUrl: event.web_url,
    })
  })

  it('becomes this alert of a metric', async ({ expect }) => {
    const alert = await alertOf(sentry, metric)
    expect(alert).toMatchObject({
      kind: 'alert',
      state: 'firing',
      dedupKey: 'metric:55:77',
      severity: 'critical',
      title: 'Too many errors',
      description: '1000 events in the last 10 minutes',
      service: 'checkout-api',
      startsAt: Date.parse('2026-01-01T10:02:00Z'),
      sourceUrl: 'https://acme.sentry.io/organizations/acme/alerts/rules/details/55/',
      sourceAlertId: '55',
    })
    expect(await alertOf(sentry, { ...metric, action: 'warning' })).toMatchObject({
      state: 'firing',
      severity: 'medium',
    })
    expect(await alertOf(sentry, { ...metric, action: 'resolved' })).toMatchObject({
      state: 'resolved',
      dedupKey: 'metric:55:77',
    })
  })

  it('stores installations, comments and errors without opening anything', async ({ expect }) => {
    for (const data of [{ installation: {} }, { comment: 'x', issue_id: 1 }, { error: { issue_id: 1 } }, {}])
      expect(await read(sentry, { action: 'created', data })).toEqual({ alerts: [], changes: [], errors: [] })
  })

  it("keeps the original's answer on the original's path, and is one delivery by its id", ({ expect }) => {
    const headers = new Headers({ 'Sentry-Hook-Resource': 'issue', 'Request-ID': 'r1' })
    const settings = Object(sentry.settings)
    expect(sentry.answer?.({ headers, body: {} }, 'A', settings)).toEqual({
      status: 202,
      members: { accepted: true, resource: 'issue' },
    })
    expect(sentry.answer?.({ headers, body: {} }, 'B', settings)).toBeNull()
    expect(sentry.deliveryKey?.({ headers, body: {} })).toBe('r1')
  })
})
