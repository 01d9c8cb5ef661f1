/** What language models used and cost: one's own use, and the organisation's by day, model, session or run. */
import * as z from 'zod'
import { DAY } from '../lib/time'
import { usageOfUser } from '../store/investigations'
import { spentOnDay, usageBy, USAGE_GROUPS } from '../store/llm-usage'
import { settingsOf } from '../store/settings'
import type { Ctx } from './context'
import { investigationFrom } from './investigation-settings'

export type ModelUse = Awaited<ReturnType<typeof readModelUse>>[number]

/** What the caller's own requests used of language models, the most used first. */
export const readModelUse = ({ db, actor }: Ctx) => usageOfUser(db, actor.userId)

const SPAN = 30 * DAY
const LONGEST = 366 * DAY

const moment = (name: string) =>
  z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], { error: `Invalid ${name}` })
    .transform((value) => Date.parse(value))
    .optional()

export const usageQuery = z
  .object({
    from: moment('from'),
    to: moment('to'),
    group: z
      .enum(USAGE_GROUPS, { error: `Invalid group. Must be one of: ${USAGE_GROUPS.join(', ')}` })
      .optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || to > from, 'to must be after from')
  .refine(
    ({ from, to }) => from === undefined || to === undefined || to - from <= LONGEST,
    'At most 366 days at once',
  )

/** Sums of the organisation in a span, and what is left of today. Without a span the last thirty days. */
export async function readUsage({ db, now }: Ctx, input: z.output<typeof usageQuery>) {
  const to = input.to ?? now + 1
  const from = Math.max(input.from ?? to - SPAN, to - LONGEST)
  const group = input.group ?? 'day'
  const [rows, [today], [settings]] = await db.batch([
    usageBy(db, group, { from, to }),
    spentOnDay(db, Math.floor(now / DAY)),
    settingsOf(db),
  ])
  const { maxCostUsdPerDay, maxTokensPerDay } = investigationFrom(settings?.investigation)
  return {
    from,
    to,
    group,
    rows,
    today: {
      costUsd: (today?.micros ?? 0) / 1_000_000,
      tokens: today?.tokens ?? 0,
      maxCostUsd: maxCostUsdPerDay,
      maxTokens: maxTokensPerDay,
    },
  }
}
