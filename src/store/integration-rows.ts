import type { InferSelectModel } from 'drizzle-orm'
import type { integrations } from '../../drizzle/schema'

export type IntegrationRow = InferSelectModel<typeof integrations>
