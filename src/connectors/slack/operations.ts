/** What Slack can be asked: what people wrote in channels that the bot is in. Times are Slack's own, such as `1735689600.000100`. */
import * as z from 'zod'
import { ok } from '../outcome'
import { operation, type OperationOutcome, type Vendor } from '../operation'
import { callSlack } from './call'
import { API, type Details } from './details'

type Asked = Vendor<Details>
const channel = z.string().regex(/^[CG][A-Z0-9]{1,30}$/)
const ts = z.string().regex(/^\d{1,12}(\.\d{1,6})?$/)
const limit = z.int().min(1).max(200).default(100)

async function readSlack(
  { ctx, access }: Asked,
  method: string,
  parameters: Readonly<Record<string, string | number | undefined>>,
): Promise<OperationOutcome> {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) given[name] = String(value)
  const answer = await callSlack(ctx, access, method, given, z.looseObject({}))
  if (answer.kind === 'ok') return ok({ url: `${API}/${method}`, status: 200, data: answer.value })
  if (answer.kind !== 'refused') return answer
  return /not_found|not_in_channel/.test(answer.code) ? { kind: 'not_found' } : { kind: 'vendor_error' }
}

export const operations = [
  operation({
    name: 'channel_history',
    description: 'Messages of a channel in a time window, newest first.',
    input: z.strictObject({ channel, oldest: ts.optional(), latest: ts.optional(), limit }),
    run: (vendor: Asked, input) => readSlack(vendor, 'conversations.history', input),
  }),
  operation({
    name: 'thread_replies',
    description: 'The answers to a message.',
    input: z.strictObject({ channel, ts, limit }),
    run: (vendor: Asked, input) => readSlack(vendor, 'conversations.replies', input),
  }),
  operation({
    name: 'channel_info',
    description: 'A channel with its topic and purpose.',
    input: z.strictObject({ channel }),
    run: (vendor: Asked, input) => readSlack(vendor, 'conversations.info', input),
  }),
  operation({
    name: 'user_info',
    description: 'Who wrote a message.',
    input: z.strictObject({ user: z.string().regex(/^[UW][A-Z0-9]{1,30}$/) }),
    run: (vendor: Asked, input) => readSlack(vendor, 'users.info', input),
  }),
]
