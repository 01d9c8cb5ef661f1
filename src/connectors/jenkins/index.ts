/** Jenkins: a user's API token at a controller that the customer runs. */
import { connector } from '../connector'
import { controllerAccount, formOf, readForm } from '../jenkins-api'
import { jobsOf } from '../jenkins-health'
import { operations } from '../jenkins-operations'

export const jenkins = connector({
  ...controllerAccount('jenkins', 'Jenkins'),
  form: { schema: formOf('Jenkins'), read: readForm },
  resources: jobsOf,
  operations,
})
