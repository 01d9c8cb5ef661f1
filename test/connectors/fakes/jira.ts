import { json, type Fake, type Seen } from './fake'

const TOKEN = 'jira-pat-0123456789abcdefghijklmnop'
export const JIRA = 'https://jira.example.com:8443'
const projects = Array.from({ length: 130 }, (_, index) => ({
  id: String(10_000 + index),
  key: `P${index + 1}`,
  name: `Project ${index + 1}`,
}))

const failed = (status: number) =>
  json({ errorMessages: ['words of the vendor that nobody may see'], errors: {} }, status)

/** A server of one's own, on a port of its own. */
export const jira: Fake = {
  id: 'jira',
  hosts: ['jira.example.com', 'shop.atlassian.net'],
  form: {
    good: { baseUrl: `${JIRA}/secure/Dashboard.jspa`, patToken: TOKEN },
    refused: { baseUrl: JIRA, patToken: 'jira-token-of-somebody-else' },
  },
  secrets: [TOKEN],
  accountId: JIRA,
  resources: {
    first: projects.slice(0, 100).map(({ key }) => key),
    second: projects.slice(100).map(({ key }) => key),
  },
  revocation: 'unsupported',
  answer,
}

/** A site of the cloud takes an API token with its owner's address. */
export const CLOUD_JIRA = {
  baseUrl: 'https://shop.atlassian.net/jira/software/projects/P1',
  email: 'dana@example.com',
  patToken: 'ATATT-jira-0123456789abcdef',
} as const

function cloud({ url, headers }: Seen): Response {
  const { email, patToken } = CLOUD_JIRA
  if (headers.get('authorization') !== `Basic ${btoa(`${email}:${patToken}`)}`) return failed(401)
  if (url.pathname === '/rest/api/3/myself') return json({ displayName: 'Dana', emailAddress: email })
  if (url.pathname !== '/rest/api/3/project/search') return failed(404)
  const from = Number(url.searchParams.get('startAt'))
  const end = from + Math.min(Number(url.searchParams.get('maxResults')), 50)
  return json({ values: projects.slice(from, end), startAt: from, isLast: end >= projects.length })
}

function answer(seen: Seen): Response {
  const { method, url, headers, body } = seen
  if (url.hostname === 'shop.atlassian.net') return cloud(seen)
  if (headers.get('authorization') !== `Bearer ${TOKEN}`) return failed(401)
  switch (`${method} ${url.pathname}`) {
    case 'GET /rest/api/2/myself':
      return json({ name: 'dana', displayName: 'Dana', emailAddress: 'dana@example.com' })
    case 'GET /rest/api/2/project':
      return json(projects)
    case 'POST /rest/api/2/issue/OPS-1/comment':
      // Servers take text, not documents.
      return typeof JSON.parse(body).body === 'string' ? json({ id: '1' }, 201) : failed(400)
    default:
      return failed(404)
  }
}
