import { aController } from './jenkins-api'

export const jenkins = aController('jenkins')
