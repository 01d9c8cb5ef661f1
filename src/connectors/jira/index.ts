/** Jira: a product of the Atlassian login, or a site with a personal access token. */
import { isCloudHost, readSiteForm, secret, settings, siteAccess, siteForm } from '../atlassian/site'
import { connector } from '../connector'
import { details } from './details'
import { operations } from './operations'
import { projectPage } from './projects'
import { proveSite } from './prove'

export const jira = connector({
  id: 'jira',
  name: 'Jira',
  category: 'incident',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: 'self_hosted',
  alertSource: 'jira',
  revokeHint: 'Delete the token in Jira, or remove the application in your Atlassian account.',
  summary: ['baseUrl', 'authType'],
  form: { schema: siteForm('Jira'), read: readSiteForm(tidy) },
  secret,
  settings,
  details,
  prove: (ctx, { settings }, access) => proveSite(ctx, settings, access),
  proveShared: proveSite,
  access: { kind: 'static', of: ({ secret }) => siteAccess(secret) },
  resources: projectPage,
  operations,
})

/** An address that was copied from the browser ends in a page of Jira's. */
function tidy(url: string): string {
  if (isCloudHost(url)) return new URL(url).origin
  return url.replace(/\/(?:login\.jsp|secure|browse|projects|issues)(?:\/.*)?$/, '')
}
