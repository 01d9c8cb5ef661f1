import { json, type Fake } from './fake'

const TOKEN = 'glpat-0123456789abcdefghij'
const BASE = 'https://git.example.com/gitlab'
const projects = Array.from({ length: 130 }, (_, index) => ({
  id: index + 1,
  path_with_namespace: `example/service-${index + 1}`,
  default_branch: 'main',
}))

export const gitlab: Fake = {
  id: 'gitlab',
  hosts: ['git.example.com'],
  form: {
    good: { access_token: TOKEN, base_url: `${BASE}/` },
    refused: { access_token: 'glpat-of-somebody-else', base_url: BASE },
  },
  secrets: [TOKEN],
  accountId: BASE,
  resources: {
    first: projects.slice(0, 100).map((it) => it.path_with_namespace),
    second: projects.slice(100).map((it) => it.path_with_namespace),
  },
  revocation: 'unsupported',
  answer: ({ url, headers }) => {
    if (headers.get('private-token') !== TOKEN) return json({ message: '401 Unauthorized' }, 401)
    const path = url.pathname.replace('/gitlab/api/v4', '')
    if (path === '/personal_access_tokens/self')
      return json({ id: 7, name: 'aurora', scopes: ['read_api'], active: true, expires_at: '2036-01-01' })
    if (path === '/user') return json({ id: 3, username: 'aurora-bot' })
    const one = /^\/projects\/([^/]+)(\/.*)?$/.exec(path)
    if (one !== null) return project(decodeURIComponent(one[1] ?? ''), one[2] ?? '', url)
    if (path !== '/projects' || url.searchParams.get('membership') !== 'true')
      return json({ message: '404 Not found' }, 404)
    const size = Number(url.searchParams.get('per_page') ?? '20')
    const page = Number(url.searchParams.get('page') ?? '1')
    const next = new URL(url)
    next.searchParams.set('page', String(page + 1))
    return json(projects.slice((page - 1) * size, page * size), 200, {
      'x-total': String(projects.length),
      ...(page * size < projects.length ? { link: `<${next.href}>; rel="next"` } : {}),
    })
  },
}

function project(name: string, path: string, url: URL) {
  const known = projects.find((it) => it.path_with_namespace === name)
  if (known === undefined) return json({ message: '404 Project Not Found' }, 404)
  switch (path) {
    case '':
      return json({ ...known, description: null, topics: ['shop'], archived: false, visibility: 'private' })
    case '/languages':
      return json({ Go: 80.1, Shell: 19.9 })
    case '/repository/files/README.md/raw':
      return url.searchParams.get('ref') === 'main'
        ? new Response('# Title\n\nThe service that every checkout goes through, day and night.\n')
        : json({}, 404)
    default:
      return json({}, 404)
  }
}
