/** Confluence: a product of the Atlassian login, or a site with a personal access token. */
import { isCloudHost, siteProduct } from '../atlassian/site'
import { connector } from '../connector'
import { details } from './details'
import { operations } from './operations'
import { proveSite } from './prove'
import { spacePage } from './spaces'

export const confluence = connector({
  ...siteProduct('Confluence', tidy),
  id: 'confluence',
  category: 'knowledge',
  details,
  prove: (ctx, { settings }, access) => proveSite(ctx, settings, access),
  proveShared: proveSite,
  resources: spacePage,
  operations,
})

/** In the cloud everything is below `/wiki`; what follows it in a copied address is a page. */
function tidy(url: string): string {
  if (isCloudHost(url)) return `${new URL(url).origin}/wiki`
  return url.replace(/\/(?:login\.action|dashboard\.action|index\.action|display|spaces|pages)(?:\/.*)?$/, '')
}
