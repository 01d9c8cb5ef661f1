/** CloudBees CI: a user's API token at the operations center or one of its controllers. */
import { connector } from '../connector'
import { accessOf, details, formOf, jobsOf, prove, readForm, secret, settings } from '../jenkins-api'
import { operations } from '../jenkins-operations'

export const cloudbees = connector({
  id: 'cloudbees',
  name: 'CloudBees CI',
  category: 'ci',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: 'self_hosted',
  alertSource: 'cloudbees',
  revokeHint: 'Revoke the API token under your user, Security in CloudBees CI.',
  summary: ['baseUrl'],
  original: { prefixes: ['/cloudbees'], ownStatus: true },
  form: { schema: formOf('CloudBees'), read: readForm },
  secret,
  settings,
  details,
  prove: (ctx, candidate, access) => prove(ctx, candidate, access, 'CloudBees CI'),
  access: { kind: 'static', of: accessOf },
  resources: jobsOf,
  operations,
})
