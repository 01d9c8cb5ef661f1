import * as z from 'zod'
import { bearer, headersOf } from '../../../src/connectors/access'
import { ask } from '../../../src/connectors/ask'
import { connector, noSettings } from '../../../src/connectors/connector'
import { operation, type Vendor } from '../../../src/connectors/operation'
import { mapOk, ok } from '../../../src/connectors/outcome'
import { read, withQuery } from '../../../src/connectors/read'
import { text } from '../../../src/lib/fields'

const API = 'https://api.statusboard.example/v1'
const details = z.object({ team: z.string() })
type Details = z.infer<typeof details>

export const statusboard = connector({
  id: 'statusboard',
  name: 'Statusboard',
  category: 'incident',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['api.statusboard.example'],
  revokeHint: 'Delete the API key in Statusboard under Settings, API.',
  original: { prefixes: ['/statusboard'] },
  form: {
    schema: z.object({ apiKey: text({ error: 'apiKey is required', max: 200 }) }),
    read: ({ apiKey }) => ok({ secret: { apiKey }, settings: {} }),
  },
  secret: z.object({ apiKey: z.string() }),
  settings: noSettings,
  details,
  prove: async (ctx, _candidate, access) =>
    mapOk(
      await ask(
        ctx.fetch,
        `${API}/team`,
        { headers: headersOf(access) },
        z.object({ id: z.string(), name: z.string() }),
      ),
      ({ id, name }) => ({ accountId: id, accountName: name, details: { team: name } }),
    ),
  access: { kind: 'static', of: ({ secret }) => bearer(secret.apiKey) },
  operations: [
    operation({
      name: 'list_incidents',
      description: 'Incidents since a time.',
      input: z.strictObject({ since: z.iso.datetime() }),
      run: (vendor: Vendor<Details>, { since }) => read(vendor, withQuery(`${API}/incidents`, { since })),
    }),
  ],
})
