/** Slack's channels. The two calls that change something there are made only when a person asks for them. */
import * as z from 'zod'
import type { Access } from '../access'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { askSlack, callSlack, type Refused } from './call'

const PAGE = '200'
const MOST_PAGES = 10

const channel = z.object({
  id: z.string(),
  name: z.string(),
  is_private: z.boolean().nullish(),
  is_member: z.boolean().nullish(),
})
const listed = z.object({
  channels: z.array(channel),
  response_metadata: z.object({ next_cursor: z.string().nullish() }).nullish(),
})
const single = z.object({ channel })

export type Channel = z.infer<typeof channel>
export interface ChannelPage {
  readonly channels: readonly Channel[]
  readonly next: string | null
}

/** One page of the public channels that are in use. */
export async function channelPage(
  ctx: VendorCtx,
  access: Access,
  cursor: string | null,
): Promise<Outcome<ChannelPage>> {
  const parameters = {
    exclude_archived: 'true',
    types: 'public_channel',
    limit: PAGE,
    ...(cursor === null ? {} : { cursor }),
  }
  const answer = await askSlack(ctx, access, 'conversations.list', parameters, listed)
  return mapOk(answer, ({ channels, response_metadata }) => ({
    channels,
    next: response_metadata?.next_cursor || null,
  }))
}

/** Every page, up to ten. */
export async function allChannels(ctx: VendorCtx, access: Access): Promise<Outcome<readonly Channel[]>> {
  const all: Channel[] = []
  let cursor: string | null = null
  for (let count = 0; count < MOST_PAGES; count++) {
    const page: Outcome<ChannelPage> = await channelPage(ctx, access, cursor)
    if (page.kind !== 'ok') return page
    all.push(...page.value.channels)
    cursor = page.value.next
    if (cursor === null) break
  }
  return ok(all)
}

/** Joins a channel; being in it already is fine. */
export const joinChannel = (
  ctx: VendorCtx,
  access: Access,
  id: string,
): Promise<Outcome<z.infer<typeof single>> | Refused> =>
  callSlack(ctx, access, 'conversations.join', { channel: id }, single)

/** Creates a public channel, which joins it as well. */
export const createChannel = (
  ctx: VendorCtx,
  access: Access,
  name: string,
): Promise<Outcome<z.infer<typeof single>> | Refused> =>
  callSlack(ctx, access, 'conversations.create', { name, is_private: 'false' }, single)
