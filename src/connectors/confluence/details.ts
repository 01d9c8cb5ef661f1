import { API } from '../atlassian/details'
import { details as siteDetails, type SiteSettings } from '../atlassian/site'
import type * as z from 'zod'

/** What status may show. */
export const details = siteDetails
export type Details = z.infer<typeof details>

/** Where a site's API begins. */
export const rootOf = ({ cloudId, baseUrl }: Pick<SiteSettings, 'cloudId' | 'baseUrl'>): string =>
  cloudId === null ? baseUrl : `${API}/ex/confluence/${encodeURIComponent(cloudId)}/wiki`
