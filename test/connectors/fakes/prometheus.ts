import { queryEndpoint } from './query-endpoint'

export const prometheus = queryEndpoint({
  id: 'prometheus',
  host: 'prometheus.example.com',
  proof: '/api/v1/query',
  list: '/api/v1/label/job/values',
})
