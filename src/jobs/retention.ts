/**
 * What the sweep forgets: bodies after 30 days or as many as the organisation says, deliveries, decisions and notifications
 * after 90. Rows that stay for good would be looked at again and again, so each round looks at the day that just grew too old and at one older day in turn.
 */
import { DAY, MINUTE } from '../lib/time'
import { openDatabase } from '../store/db'
import { forgetNotifications } from '../store/notification-dispatch'
import {
  bodyRetentions,
  forgetBodies,
  forgetDecisions,
  forgetDeliveries,
  forgetRefusals,
  type Span,
} from '../store/retention'

const ROWS_KEPT = 90 * DAY
const ROWS = 500
/** Days that the turn goes through: what an idle deployment missed is caught up with. */
const TURN = 365

/** One bounded round; answers how many rows went. */
export async function forgetOld(d1: D1Database, now: number): Promise<number> {
  const db = openDatabase(d1)
  const turn = 1 + (Math.floor(now / MINUTE) % TURN)
  const retentions = await bodyRetentions(db)
  let gone = await forgetRefusals(db, now - 2 * DAY)
  for (const day of [0, turn]) {
    for (const days of retentions)
      gone += await forgetBodies(db, spanBefore(now - days * DAY, day), days, ROWS)
    gone += await forgetDeliveries(db, spanBefore(now - ROWS_KEPT, day), ROWS)
    gone += await forgetDecisions(db, spanBefore(now - ROWS_KEPT, day), ROWS)
    gone += await forgetNotifications(db, spanBefore(now - ROWS_KEPT, day), ROWS)
  }
  return gone
}

const spanBefore = (end: number, days: number): Span => ({
  from: end - (days + 1) * DAY,
  to: end - days * DAY,
})
