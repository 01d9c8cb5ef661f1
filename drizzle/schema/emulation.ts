import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { id, orgId, time } from './columns'
import { SUBSCRIPTION_STATES } from './values'

/** An Amazon SNS topic that asked to deliver here. Until an editor allows it nothing of it is trusted. */
export const snsSubscriptions = sqliteTable(
  'sns_subscriptions',
  {
    id: id(),
    orgId: orgId(),
    integrationId: text().notNull(),
    topicArn: text().notNull(),
    state: text({ enum: SUBSCRIPTION_STATES }).notNull(),
    /** The newest request: its body holds the address to visit. */
    deliveryId: text().notNull(),
    requestedAt: integer().notNull(),
    confirmedAt: time(),
  },
  (t) => [uniqueIndex('sns_subscriptions_topic').on(t.integrationId, t.topicArn)],
)

/** Short numbers of alerts, counted per organisation, for an emulated API that has them. Given when first shown. */
export const alertNumbers = sqliteTable(
  'alert_numbers',
  {
    alertId: text().primaryKey(),
    orgId: orgId(),
    number: integer().notNull(),
  },
  (t) => [uniqueIndex('alert_numbers_number').on(t.orgId, t.number)],
)
