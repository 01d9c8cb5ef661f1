/** CloudBees CI: a user's API token at the operations center or one of its controllers. */
import { connector } from '../connector'
import { controllerAccount, formOf, readForm } from '../jenkins-api'
import { jobsOf } from '../jenkins-health'
import { operations } from '../jenkins-operations'

export const cloudbees = connector({
  ...controllerAccount('cloudbees', 'CloudBees CI'),
  form: { schema: formOf('CloudBees'), read: readForm },
  resources: jobsOf,
  operations,
})
