/** The envelope of Amazon SNS: its fields, the text that is signed, and the addresses that may be visited. */
import * as z from 'zod'

const message = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().min(1).max(255),
  TopicArn: z.string().regex(/^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:\S{1,256}$/),
  Message: z.string(),
  Subject: z.string().nullish(),
  Timestamp: z.string(),
  Token: z.string().optional(),
  SubscribeURL: z.string().optional(),
  SignatureVersion: z.string().optional(),
  Signature: z.string().optional(),
  SigningCertURL: z.string().optional(),
})
export type SnsMessage = z.infer<typeof message>

/** The message, or null when the body is none of Amazon's. */
export function readSnsMessage(body: unknown): SnsMessage | null {
  const parsed = message.safeParse(body)
  return parsed.success ? parsed.data : null
}

const SIGNED = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
} as const

/** What Amazon signs: the names and values of certain fields, a line each; absent ones are left out. */
export function canonicalText(sns: SnsMessage): string {
  const names = sns.Type === 'Notification' ? SIGNED.Notification : SIGNED.SubscriptionConfirmation
  return names
    .flatMap((name) => {
      const value = sns[name]
      return value === undefined || value === null ? [] : [`${name}\n${value}\n`]
    })
    .join('')
}

/** Where a topic lives. */
export function partsOfTopic(topicArn: string): { readonly region: string; readonly account: string } {
  const [, , , region = '', account = ''] = topicArn.split(':')
  return { region, account }
}

const HOST = /^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/

/** An address of SNS itself, or null: anything else in a message could make us visit an attacker's. */
export function amazonUrl(text: string | undefined): URL | null {
  const url = URL.parse(text ?? '')
  if (url === null || url.protocol !== 'https:' || url.port !== '') return null
  if (url.username !== '' || url.password !== '' || !HOST.test(url.hostname)) return null
  return url
}

/** The same for the address of a signing certificate. */
export function certificateUrl(text: string | undefined): URL | null {
  const url = amazonUrl(text)
  return url?.pathname.endsWith('.pem') === true ? url : null
}
