/** Bodies of Bitbucket's paths of the original product. */
import * as z from 'zod'
import { details } from '../../connectors/bitbucket/details'
import type { Connected } from '../../services/connectors/connect'
import type { ProviderStatus } from '../../services/connectors/status'

const scopes = z.array(z.string()).optional()

export const connectedAnswer = z.object({
  success: z.literal(true),
  username: z.string(),
  display_name: z.string(),
  auth_type: z.enum(['api_token', 'oauth']),
  missing_scopes: scopes,
})

export const loginAnswer = z.object({
  oauth_url: z.url(),
  message: z.literal('Redirect to Bitbucket for authentication'),
})

export const statusAnswer = z.object({
  connected: z.boolean(),
  username: z.string().nullable(),
  display_name: z.string().nullable(),
  auth_type: z.enum(['api_token', 'oauth']).nullable(),
  missing_scopes: scopes,
  incident_prevention_enabled: z.literal(false),
})

const shown = (stored: unknown) => {
  const { missing_scopes, ...rest } = details.parse(stored)
  return { ...rest, ...(missing_scopes.length === 0 ? {} : { missing_scopes }) }
}

export const showConnected = (made: Connected): z.infer<typeof connectedAnswer> => ({
  success: true,
  ...shown(made.kind === 'connection' ? made.connection.publicJson : null),
})

export function showStatus({ connected, connections }: ProviderStatus): z.infer<typeof statusAnswer> {
  const row = connections.find(({ status }) => status === 'connected')
  const nobody = { username: null, display_name: null, auth_type: null }
  return {
    connected,
    ...(row === undefined ? nobody : shown(row.publicJson)),
    incident_prevention_enabled: false,
  }
}
