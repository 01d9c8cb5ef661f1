import * as z from 'zod'
import { ask } from '../../../connectors/ask'
import { guardedFetch } from '../../../connectors/egress'
import { PROVIDER_NAMES, PROVIDERS } from '../../../agent/providers'
import { tool, type Tool } from '../../../agent/tools/tool'
import type { Ports } from '../../connectors/ports'
import { failedWith, rulesOf, told } from './outcome'

const MOST = 10
const MAX_BYTES = 1024 * 1024

const summary = z.object({
  status: z.object({ indicator: z.string(), description: z.string() }),
  incidents: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      impact: z.string().nullish(),
      started_at: z.string().nullish(),
      created_at: z.string().nullish(),
    }),
  ),
  components: z.array(z.object({ name: z.string(), status: z.string() })).default([]),
})

/** What a provider says of itself. */
export const providerStatus = (ports: Ports): Tool =>
  tool({
    name: 'provider_status',
    description:
      "A provider's public status page: whether it reports an open incident, which ones, and which of its parts are not well.",
    access: 'read',
    input: z.strictObject({ name: z.enum(PROVIDER_NAMES) }),
    run: async ({ name }) => {
      const { title, host } = PROVIDERS[name]
      const fetch = guardedFetch({ ...rulesOf(ports), hosts: [host] })
      const init = { headers: { accept: 'application/json' }, maxBytes: MAX_BYTES }
      const page = await ask(fetch, `https://${host}/api/v2/summary.json`, init, summary)
      if (page.kind !== 'ok') return failedWith(page)
      const { status, incidents, components } = page.value
      const [first] = incidents
      return told({
        shape: 'provider',
        provider: title,
        open: first !== undefined,
        title: first?.name ?? status.description,
        indicator: status.indicator,
        incidents: incidents.slice(0, MOST).map(({ name, status, impact, started_at, created_at }) => ({
          name,
          status,
          impact: impact ?? null,
          startedAt: started_at ?? created_at ?? null,
        })),
        parts: components.filter((part) => part.status !== 'operational').slice(0, MOST),
      })
    },
  })
