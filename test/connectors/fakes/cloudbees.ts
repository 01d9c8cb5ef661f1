import { aController } from './jenkins-api'

export const cloudbees = aController('cloudbees', [
  {
    _class: 'com.cloudbees.opscenter.server.model.ManagedMaster',
    name: 'team-a',
    url: 'https://cloudbees.example.com/team-a/',
    online: true,
    approved: true,
  },
  {
    _class: 'com.cloudbees.opscenter.server.model.ClientMaster',
    name: 'old',
    url: 'https://old.example.com/',
    description: 'to be retired',
  },
])
