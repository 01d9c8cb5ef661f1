/** Jenkins: a user's API token at a controller that the customer runs. */
import { connector } from '../connector'
import { accessOf, details, formOf, jobsOf, prove, readForm, secret, settings } from '../jenkins-api'
import { operations } from '../jenkins-operations'

export const jenkins = connector({
  id: 'jenkins',
  name: 'Jenkins',
  category: 'ci',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: 'self_hosted',
  alertSource: 'jenkins',
  revokeHint: 'Revoke the API token under your user, Security in Jenkins.',
  summary: ['baseUrl'],
  original: { prefixes: ['/jenkins'], ownStatus: true },
  form: { schema: formOf('Jenkins'), read: readForm },
  secret,
  settings,
  details,
  prove: (ctx, candidate, access) => prove(ctx, candidate, access, 'Jenkins'),
  access: { kind: 'static', of: accessOf },
  resources: jobsOf,
  operations,
})
