import * as z from 'zod'
import type { Endpoints } from '../oauth'

export const ENDPOINTS = ['ovh-eu', 'ovh-us', 'ovh-ca'] as const
const endpointName = z.enum(ENDPOINTS)
export type EndpointName = z.infer<typeof endpointName>

interface Region extends Endpoints {
  readonly api: string
  readonly client: { readonly id: string; readonly secret: string }
}

const regionOf = (site: string, api: string, name: 'EU' | 'US' | 'CA'): Region => ({
  authorize: `${site}/auth/oauth2/authorize`,
  token: `${site}/auth/oauth2/token`,
  api: `${api}/1.0`,
  client: { id: `OVH_${name}_CLIENT_ID`, secret: `OVH_${name}_CLIENT_SECRET` },
})

/** Three companies with a login, an API and a client each. */
export const REGIONS: Readonly<Record<EndpointName, Region>> = {
  'ovh-eu': regionOf('https://www.ovh.com', 'https://eu.api.ovh.com', 'EU'),
  'ovh-us': regionOf('https://us.ovhcloud.com', 'https://api.us.ovhcloud.com', 'US'),
  'ovh-ca': regionOf('https://ca.ovh.com', 'https://ca.api.ovh.com', 'CA'),
}

/** The region of a choice, Europe when none was made; null for a name that is none. */
export function regionNamed(
  endpoint: string | null,
): { readonly name: EndpointName; readonly region: Region } | null {
  const name = endpointName.safeParse(endpoint ?? 'ovh-eu')
  return name.success ? { name: name.data, region: REGIONS[name.data] } : null
}

/** What using the secret needs. */
export const settings = z.object({ endpoint: endpointName })

/** What status may show. */
export const details = settings.extend({ hasProjects: z.boolean() })
export type Details = z.infer<typeof details>
