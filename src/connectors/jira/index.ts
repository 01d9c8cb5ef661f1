/** Jira: a product of the Atlassian login, or a site with a personal access token. */
import { isCloudHost, siteProduct } from '../atlassian/site'
import { connector } from '../connector'
import { details } from './details'
import { operations } from './operations'
import { projectPage } from './projects'
import { proveSite } from './prove'

export const jira = connector({
  ...siteProduct('Jira', tidy),
  id: 'jira',
  category: 'incident',
  alertSource: 'jira',
  details,
  prove: (ctx, { settings }, access) => proveSite(ctx, settings, access),
  proveShared: proveSite,
  resources: projectPage,
  operations,
})

/** An address that was copied from the browser ends in a page of Jira's. */
function tidy(url: string): string {
  if (isCloudHost(url)) return new URL(url).origin
  return url.replace(/\/(?:login\.jsp|secure|browse|projects|issues)(?:\/.*)?$/, '')
}
