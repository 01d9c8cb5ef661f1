/** Datadog's sites, and the short forms that people use for them. */

const SITES = [
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'datadoghq.eu',
  'uk1.datadoghq.com',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'ddog-gov.com',
  'us2.ddog-gov.com',
] as const

const SHORT: Readonly<Record<string, string>> = {
  us: 'datadoghq.com',
  us1: 'datadoghq.com',
  us3: 'us3.datadoghq.com',
  us5: 'us5.datadoghq.com',
  eu: 'datadoghq.eu',
  uk1: 'uk1.datadoghq.com',
  ap1: 'ap1.datadoghq.com',
  ap2: 'ap2.datadoghq.com',
  gov: 'ddog-gov.com',
}

/** The hosts of the API, one a site. */
export const API_HOSTS: readonly string[] = SITES.map((site) => `api.${site}`)

/** The site that a short form, a host or an address means, or null. */
export function siteOf(text: string): string | null {
  const host = text
    .trim()
    .toLowerCase()
    .replace(/^https:\/\//, '')
    .replace(/^(api|app)\./, '')
    .replace(/\/+$/, '')
  const site = SHORT[host] ?? host
  return SITES.find((known) => known === site) ?? null
}
