/** Confluence: a product of the Atlassian login, or a site with a personal access token. */
import { readSiteForm, secret, settings, siteAccess, siteForm, isCloudHost } from '../atlassian/site'
import { connector } from '../connector'
import { details } from './details'
import { operations } from './operations'
import { proveSite } from './prove'
import { spacePage } from './spaces'

export const confluence = connector({
  id: 'confluence',
  name: 'Confluence',
  category: 'knowledge',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: 'self_hosted',
  revokeHint: 'Delete the token in Confluence, or remove the application in your Atlassian account.',
  summary: ['baseUrl', 'authType'],
  form: { schema: siteForm('Confluence'), read: readSiteForm(tidy) },
  secret,
  settings,
  details,
  prove: (ctx, { settings }, access) => proveSite(ctx, settings, access),
  proveShared: proveSite,
  access: { kind: 'static', of: ({ secret }) => siteAccess(secret) },
  resources: spacePage,
  operations,
})

/** In the cloud everything is below `/wiki`; what follows it in a copied address is a page. */
function tidy(url: string): string {
  if (isCloudHost(url)) return `${new URL(url).origin}/wiki`
  return url.replace(/\/(?:login\.action|dashboard\.action|index\.action|display|spaces|pages)(?:\/.*)?$/, '')
}
