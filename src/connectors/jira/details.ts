import * as z from 'zod'
import { API } from '../atlassian/details'
import { details as siteDetails, isCloud, type SiteSettings } from '../atlassian/site'

/** What people may do in Jira from here: comment only, or also create and link issues. */
export const MODES = ['comment_only', 'full'] as const

/** What status may show. */
export const details = siteDetails.extend({ jiraMode: z.enum(MODES).optional() })
export type Details = z.infer<typeof details>

/** Where a site's REST API begins. */
export const restOf = (settings: Pick<SiteSettings, 'cloudId' | 'baseUrl'>): string => {
  const { cloudId, baseUrl } = settings
  const root = cloudId === null ? baseUrl : `${API}/ex/jira/${encodeURIComponent(cloudId)}`
  return `${root}/rest/api/${isCloud(settings) ? 3 : 2}`
}
