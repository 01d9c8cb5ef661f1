import * as z from 'zod'
import { text } from '../../../src/lib/fields'
import { bearer, headersOf } from '../../../src/connectors/access'
import { ask } from '../../../src/connectors/ask'
import { connector, noSettings } from '../../../src/connectors/connector'
import { mapOk, ok } from '../../../src/connectors/outcome'

const account = z.object({ id: z.string(), name: z.string() })

export const pulse = connector({
  id: 'pulse',
  name: 'Pulse',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['api.pulse.example'],
  revokeHint: 'Delete the API key in Pulse.',
  form: {
    schema: z.object({ apiKey: text({ error: 'apiKey is required', max: 200 }) }),
    read: (secret) => ok({ secret, settings: {} }),
  },
  secret: z.object({ apiKey: z.string() }),
  settings: noSettings,
  details: z.object({ account: z.string() }),
  access: { kind: 'static', of: ({ secret }) => bearer(secret.apiKey) },
  prove: async (ctx, _candidate, access) =>
    mapOk(
      await ask(ctx.fetch, 'https://api.pulse.example/me', { headers: headersOf(access) }, account),
      ({ id, name }) => ({ accountId: id, accountName: name, details: { account: name } }),
    ),
})
