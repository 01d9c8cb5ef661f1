import type { InferSelectModel } from 'drizzle-orm'
import type {
  connections,
  connectionSecrets,
  connectionSelections,
  connectorJobs,
  oauthStates,
} from '../../drizzle/schema'

export type ConnectionRow = InferSelectModel<typeof connections>
export type SecretRow = InferSelectModel<typeof connectionSecrets>
export type SelectionRow = InferSelectModel<typeof connectionSelections>
export type OAuthStateRow = InferSelectModel<typeof oauthStates>
export type ConnectorJobRow = InferSelectModel<typeof connectorJobs>
