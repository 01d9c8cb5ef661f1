/** Speaking in a channel of Slack's. */
import * as z from 'zod'
import type { Access } from '../access'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { callSlack } from './call'

/** Slack shows about four thousand characters of a message. */
const LONGEST = 3900
const posted = z.object({ ts: z.string() })

/**
 * Posts a text, in a thread where one is named. What looks like a mention or a link of Slack's is shown as it was written.
 * @returns the message's time stamp
 */
export async function postMessage(
  ctx: VendorCtx,
  access: Access,
  {
    channel,
    thread,
    text,
  }: { readonly channel: string; readonly thread: string | null; readonly text: string },
): Promise<Outcome<string>> {
  const answer = await callSlack(
    ctx,
    access,
    'chat.postMessage',
    {
      channel,
      ...(thread === null ? {} : { thread_ts: thread }),
      text: escaped(shortened(text)),
      unfurl_links: 'false',
    },
    posted,
  )
  if (answer.kind === 'refused') return { kind: 'no_resources', text: 'The bot may not post in this channel' }
  return mapOk(answer, ({ ts }) => ts)
}

const shortened = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST).trimEnd()} …`

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
