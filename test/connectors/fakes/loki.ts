import { queryEndpoint } from './query-endpoint'

export const loki = queryEndpoint({
  id: 'loki',
  host: 'loki.example.com',
  proof: '/loki/api/v1/labels',
  list: '/loki/api/v1/labels',
})
