import { describe, it } from 'vitest'
import { cloudwatch } from '../../src/alerts/cloudwatch'
import { settingsFor } from '../../src/alerts/settings'
import { alertOf, plain, read } from '../support/normalised'

const example = Object(cloudwatch.example)
const alarm = JSON.parse(example.Message)
const withAlarm = (changes: object) => ({ ...example, Message: JSON.stringify({ ...alarm, ...changes }) })
const withDimensions = (dimensions: Record<string, string>) =>
  withAlarm({
    Trigger: { Dimensions: Object.entries(dimensions).map(([name, value]) => ({ name, value })) },
  })

describe('CloudWatch', () => {
  it('becomes this alert', async ({ expect }) => {
    const at = Date.parse('2026-01-01T10:02:36.123Z')
    expect(await read(cloudwatch, example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'cloudwatch',
          sourceType: 'cloudwatch',
          dedupKey: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-api-5xx-critical',
          state: 'firing',
          severity: 'critical',
          severityRaw: 'critical',
          title: 'checkout-api-5xx-critical',
          description: 'ALB 5xx above 50/min',
          service: 'checkout',
          startsAt: at,
          firedAt: at,
          eventTime: at,
          sourceUrl:
            'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/checkout-api-5xx-critical',
          labels: { LoadBalancer: 'app/checkout/50dc6c495c0c9188' },
          sourceAlertId: 'checkout-api-5xx-critical',
          metadata: {
            alarmName: 'checkout-api-5xx-critical',
            reason: alarm.NewStateReason,
            metric: 'HTTPCode_Target_5XX_Count',
            namespace: 'AWS/ApplicationELB',
            threshold: 50,
            region: 'EU (Ireland)',
            account: '123456789012',
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('reads its states', async ({ expect }) => {
    const state = async (NewStateValue: string) =>
      (await alertOf(cloudwatch, withAlarm({ NewStateValue }))).state
    expect([await state('ALARM'), await state('OK'), await state('INSUFFICIENT_DATA')]).toEqual([
      'firing',
      'resolved',
      'info',
    ])
  })

  it('finds a severity word in the name, else in the description, else is high', async ({ expect }) => {
    const severity = async (AlarmName: string, AlarmDescription: string | null) =>
      (await alertOf(cloudwatch, withAlarm({ AlarmName, AlarmDescription }))).severity
    expect(await severity('checkout-warning', 'critical')).toBe('medium')
    expect(await severity('checkout-5xx', 'SEV-1: payments')).toBe('critical')
    expect(await severity('checkout-5xx', 'P3 of payments')).toBe('medium')
    expect(await severity('criticality-index', 'erroneous')).toBe('high')
    expect(await severity('checkout-5xx', null)).toBe('high')
  })

  it('names the service by the first dimension that can', async ({ expect }) => {
    const service = async (dimensions: Record<string, string>) =>
      (await alertOf(cloudwatch, withDimensions(dimensions))).service
    const load = { LoadBalancer: 'app/shop/50dc6c495c0c9188' }
    expect(await service({ ...load, ServiceName: 'ledger', FunctionName: 'f' })).toBe('ledger')
    expect(await service({ ...load, TargetGroup: 'targetgroup/pay/73e2d6bc24d8a067' })).toBe('pay')
    expect(await service(load)).toBe('shop')
    expect(await service({ TableName: 't', QueueName: 'q' })).toBe('q')
    expect(await service({ InstanceId: 'i-1' })).toBeNull()
  })

  it('reads the metrics of an expression, and alarms over alarms', async ({ expect }) => {
    const Metrics = [
      { Expression: 'm1/m2' },
      { MetricStat: { Metric: { Dimensions: [{ name: 'FunctionName', value: 'pay' }] } } },
    ]
    expect((await alertOf(cloudwatch, withAlarm({ Trigger: { Metrics } }))).service).toBe('pay')
    const composite = withAlarm({ Trigger: undefined, AlarmRule: 'ALARM("a") AND ALARM("b")' })
    expect(await alertOf(cloudwatch, composite)).toMatchObject({
      state: 'firing',
      service: null,
      metadata: { alarmRule: 'ALARM("a") AND ALARM("b")' },
    })
  })

  it('is identified by account, region and name without an ARN', async ({ expect }) => {
    expect(await alertOf(cloudwatch, withAlarm({ AlarmArn: null }))).toMatchObject({
      dedupKey: '123456789012|EU (Ireland)|checkout-api-5xx-critical',
      sourceUrl: null,
    })
  })

  it('opens nothing for messages that are no alarm', async ({ expect }) => {
    for (const Message of ['hello', '[]', '{"source":"aws.ec2"}', 'null'])
      expect(await read(cloudwatch, { ...example, Message })).toEqual({ alerts: [], changes: [], errors: [] })
  })

  it('answers subscriptions as the original did', ({ expect }) => {
    const answer = (Type: string, topicArns: string[] = []) =>
      cloudwatch.answer?.(
        { headers: new Headers(), body: { ...example, Type } },
        'A',
        settingsFor(cloudwatch, { topicArns }),
      )
    expect(answer('SubscriptionConfirmation')).toEqual({ members: { type: 'subscription_pending' } })
    expect(answer('SubscriptionConfirmation', [example.TopicArn])).toEqual({
      members: { type: 'subscription_confirmed' },
    })
    expect(answer('UnsubscribeConfirmation')).toEqual({ members: { type: 'unsubscribed' } })
    expect(answer('Notification')).toBeNull()
    expect(cloudwatch.deliveryKey?.({ headers: new Headers(), body: example })).toBe(example.MessageId)
  })
})
