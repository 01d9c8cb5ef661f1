/** Amazon CloudWatch alarms through SNS: an envelope that Amazon signs, with the alarm as JSON text inside. */
import * as z from 'zod'
import type { AlertDraft, Draft } from './draft'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { severityOf } from './severity'
import { readSnsMessage } from './sns'
import { alertSource } from './source'
import { firstText, isRecord, recordOf } from './text'

const alarmSchema = z.object({
  AlarmName: lenientText,
  AlarmDescription: lenientText,
  AWSAccountId: lenientText,
  NewStateValue: lenientText,
  NewStateReason: lenientText,
  StateChangeTime: lenientValue,
  Region: lenientText,
  AlarmArn: lenientText,
  AlarmRule: lenientText,
  Trigger: lenientRecord,
})
type Alarm = z.infer<typeof alarmSchema>

const STATES: ReadonlyMap<string, AlertDraft['state']> = new Map<string, AlertDraft['state']>([
  ['ALARM', 'firing'],
  ['OK', 'resolved'],
])

/** Which dimension names the service, in this order. */
const SERVICE_DIMENSIONS = [
  'ServiceName',
  'FunctionName',
  'TargetGroup',
  'LoadBalancer',
  'ClusterName',
  'DBInstanceIdentifier',
  'QueueName',
  'TableName',
]
/** `app/<name>/<id>` and `targetgroup/<name>/<id>`. */
const RESOURCE = /^[^/]+\/([^/]+)\/[^/]+$/

/** The dimensions of an alarm on one metric, or of all metrics of an expression. */
function dimensionsOf(trigger: Readonly<Record<string, unknown>>): Record<string, string> {
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
  const metrics = list(trigger['Metrics']).map(
    (metric) => recordOf(recordOf(recordOf(metric)['MetricStat'])['Metric'])['Dimensions'],
  )
  const pairs = [trigger['Dimensions'], ...metrics].flatMap(list).flatMap((dimension) => {
    if (!isRecord(dimension)) return []
    const name = firstText(dimension['name'], dimension['Name'])
    const value = firstText(dimension['value'], dimension['Value'])
    return name === null || value === null ? [] : [[name, value] as const]
  })
  return Object.fromEntries(pairs.reverse())
}

/** The first whole word of either text that names a severity. */
function severityWord(...texts: readonly (string | null)[]): string | null {
  const words = texts.flatMap((text) => text?.match(/sev-\d\b|[A-Za-z0-9]+/gi) ?? [])
  return words.find((word) => severityOf(word) !== 'unknown') ?? null
}

function consoleUrl(name: string | null, arn: string | null): string | null {
  const region = arn?.split(':')[3] ?? ''
  if (name === null || !/^[a-z0-9-]+$/.test(region)) return null
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#alarmsV2:alarm/${encodeURIComponent(name)}`
}

function readAlarm(alarm: Alarm): AlertDraft {
  const { AlarmName: name, AlarmArn: arn, Trigger: trigger } = alarm
  const dimensions = dimensionsOf(trigger)
  const word = severityWord(name, alarm.AlarmDescription)
  const parts = [alarm.AWSAccountId, alarm.Region, name]
  return {
    type: 'alert',
    state: STATES.get(alarm.NewStateValue?.toUpperCase() ?? '') ?? 'info',
    dedupKey: arn ?? parts.map((part) => part ?? '').join('|'),
    title: name,
    description: firstText(alarm.AlarmDescription, alarm.NewStateReason),
    severityRaw: word,
    severity: word === null ? 'high' : undefined,
    labels: dimensions,
    vendorService: SERVICE_DIMENSIONS.map((dimension) => {
      const value = dimensions[dimension]
      return RESOURCE.exec(value ?? '')?.[1] ?? value
    }),
    vendorHost: [dimensions['InstanceId']],
    startsAt: alarm.NewStateValue === 'ALARM' ? alarm.StateChangeTime : null,
    eventTime: alarm.StateChangeTime,
    sourceUrl: consoleUrl(name, arn),
    sourceAlertId: name,
    metadata: {
      alarmName: name,
      reason: alarm.NewStateReason,
      metric: trigger['MetricName'],
      namespace: trigger['Namespace'],
      threshold: trigger['Threshold'],
      region: alarm.Region,
      account: alarm.AWSAccountId,
      alarmRule: alarm.AlarmRule,
    },
  }
}

/** Subscriptions are handled by the consumer, and a message that is no alarm means nothing. */
function read(body: unknown): Draft {
  const message = readSnsMessage(body)
  if (message?.Type !== 'Notification') return { type: 'skip' }
  const alarm = alarmSchema.safeParse(parsed(message.Message))
  const known = alarm.success && alarm.data.AlarmName !== null && alarm.data.NewStateValue !== null
  return known ? readAlarm(alarm.data) : { type: 'skip' }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export const cloudwatch = alertSource({
  slug: 'cloudwatch',
  sourceType: 'cloudwatch',
  displayName: 'CloudWatch',
  scheme: 'sns',
  defaultVerification: 'required',
  aliases: [{ family: 'A', path: '/aws/cloudwatch/webhook/{key}' }],
  instructions: [
    'Subscribe this address to the SNS topic of your alarms, with raw message delivery switched off.',
    'Confirm the pending subscription of the topic here, or enter the topic in topicArns beforehand.',
  ],
  deliveryKey: ({ body }) => readSnsMessage(body)?.MessageId ?? null,
  answer: ({ body }, _, settings) => {
    const message = readSnsMessage(body)
    if (message?.Type === 'UnsubscribeConfirmation') return { members: { type: 'unsubscribed' } }
    if (message?.Type !== 'SubscriptionConfirmation') return null
    const pinned = settings.topicArns.includes(message.TopicArn)
    return { members: { type: pinned ? 'subscription_confirmed' : 'subscription_pending' } }
  },
  payload: lenientRecord,
  toAlerts: (body) => [read(body)],
  example: {
    Type: 'Notification',
    MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
    TopicArn: 'arn:aws:sns:eu-west-1:123456789012:aurora-alarms',
    Subject: 'ALARM: "checkout-api-5xx-critical" in EU (Ireland)',
    Message: JSON.stringify({
      AlarmName: 'checkout-api-5xx-critical',
      AlarmDescription: 'ALB 5xx above 50/min',
      AWSAccountId: '123456789012',
      NewStateValue: 'ALARM',
      NewStateReason: 'Threshold Crossed: 1 datapoint [84.0] was greater than the threshold (50.0).',
      StateChangeTime: '2026-01-01T10:02:36.123+0000',
      Region: 'EU (Ireland)',
      AlarmArn: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-api-5xx-critical',
      OldStateValue: 'OK',
      Trigger: {
        MetricName: 'HTTPCode_Target_5XX_Count',
        Namespace: 'AWS/ApplicationELB',
        StatisticType: 'Statistic',
        Statistic: 'SUM',
        Unit: null,
        Dimensions: [{ value: 'app/checkout/50dc6c495c0c9188', name: 'LoadBalancer' }],
        Period: 60,
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 50.0,
        TreatMissingData: 'notBreaching',
      },
    }),
    Timestamp: '2026-01-01T10:02:37.101Z',
    SignatureVersion: '2',
    Signature: 'c2lnbmF0dXJl',
    SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem',
    UnsubscribeURL:
      'https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:eu-west-1:123456789012:aurora-alarms:7a1c',
  },
})
