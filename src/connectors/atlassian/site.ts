/** What Confluence and Jira have in common: a site behind Atlassian's login, or a base address with a token of its own. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { bearer, headerAccess, type Access } from '../access'
import { readBaseUrl } from '../address'
import { basic } from '../ask'
import type { Candidate } from '../proof'
import { alsoNamed } from '../form'
import { mapOk, type Outcome } from '../outcome'

/** What using the secret needs. */
const settings = z.object({
  authType: z.enum(['oauth', 'pat']),
  baseUrl: z.string(),
  /** The site's id at Atlassian's gateway; null for one that is called by its own address. */
  cloudId: z.string().nullable(),
  /** Whether it was given the right to write. */
  canWrite: z.boolean(),
})
export type SiteSettings = z.infer<typeof settings>

/** What status may show. */
export const details = settings.extend({
  userDisplayName: z.string().nullable(),
  userEmail: z.string().nullable(),
})

/** A personal access token; with an e-mail address it is an API token of Atlassian Cloud. */
const secret = z.object({ patToken: z.string(), email: z.string().nullable() })
type SiteSecret = z.infer<typeof secret>

/** The connect form of a product. */
const siteForm = (name: string) =>
  alsoNamed(
    { base_url: 'baseUrl', pat_token: 'patToken', auth_type: 'authType' },
    z.object({
      authType: optional(z.enum(['pat'], { error: "Unsupported authType. Use 'oauth' or 'pat'." })),
      baseUrl: text({ error: `${name} baseUrl is required for PAT auth`, max: 300 }),
      patToken: text({ error: `${name} PAT token is required`, max: 500 }),
      email: optional(text({ error: 'Invalid email', max: 320 })),
    }),
  )

/** The credential of a checked form. */
const readSiteForm =
  (tidy: (url: string) => string) =>
  (
    { baseUrl, patToken, email }: z.output<ReturnType<typeof siteForm>>,
    ownHosts: readonly string[],
  ): Outcome<Candidate<SiteSecret, SiteSettings>> =>
    mapOk(readBaseUrl(baseUrl, ownHosts), (url) => ({
      secret: { patToken, email: email ?? null },
      // The token's own rights are not told; its owner chose them.
      settings: { authType: 'pat' as const, baseUrl: tidy(url), cloudId: null, canWrite: true },
    }))

const siteAccess = ({ patToken, email }: SiteSecret): Access =>
  email === null ? bearer(patToken) : headerAccess({ authorization: basic(email, patToken) })

/**
 * What the declarations of both have in common.
 * @param tidy makes an address that was copied from the browser the base address
 */
export const siteProduct = (name: string, tidy: (url: string) => string) =>
  ({
    name,
    kinds: ['api_key'],
    multiAccount: false,
    hosts: 'self_hosted',
    revokeHint: `Delete the token in ${name}, or remove the application in your Atlassian account.`,
    summary: ['baseUrl', 'authType'],
    form: { schema: siteForm(name), read: readSiteForm(tidy) },
    secret,
    settings,
    access: {
      kind: 'static',
      of: ({ secret }: Candidate<SiteSecret, SiteSettings>) => siteAccess(secret),
    },
  }) as const

/** Atlassian's own cloud, whose newer API differs from that of servers. */
export const isCloud = ({ cloudId, baseUrl }: Pick<SiteSettings, 'cloudId' | 'baseUrl'>): boolean =>
  cloudId !== null || isCloudHost(baseUrl)

export const isCloudHost = (url: string): boolean =>
  URL.canParse(url) && new URL(url).hostname.endsWith('.atlassian.net')

/** What a site is called for people. */
export const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url)
