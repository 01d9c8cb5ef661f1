import { challengeOf } from '../../../src/services/connectors/begin-login'
import { json, type Fake, type Seen } from './fake'

const TENANT = 'contoso.example'
const CLIENT = {
  id: 'cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee',
  secret: 'sp~sharepoint-client-secret-0123456789',
}
const REDIRECT = 'http://aurora.test/sharepoint/callback'
export const SITE_ID =
  'contoso.sharepoint.com,aaaaaaaa-0000-4000-8000-000000000001,bbbbbbbb-0000-4000-8000-000000000001'
export const PAGE_ID = 'dddddddd-0000-4000-8000-000000000001'
const SIZE = 70
const sites = Array.from({ length: 110 }, (_, index) => ({
  id: `contoso.sharepoint.com,aaaaaaaa-0000-4000-8000-${String(index + 1).padStart(12, '0')},bbbbbbbb-0000-4000-8000-000000000001`,
  displayName: `Site ${index + 1}`,
  webUrl: `https://contoso.sharepoint.com/sites/${index + 1}`,
}))

/** What the next login grants other than it asks for. */
export const sharepointApp = { scope: '' }

const codes = new Map<string, { readonly challenge: string; readonly scope: string }>()
const refreshTokens = new Map<string, string>()
const accessTokens = new Map<string, string>()
let issued = 0

const failed = (status: number, code = 'error') =>
  json({ error: { code, message: 'words of the vendor that nobody may see' } }, status)
const refuse = (error: string, status = 400) =>
  json(
    { error, error_description: 'AADSTS0: words of the vendor that nobody may see', error_codes: [0] },
    status,
  )

export const sharepoint: Fake = {
  id: 'sharepoint',
  hosts: ['login.microsoftonline.com', 'graph.microsoft.com', 'contoso.sharepoint.com'],
  form: null,
  secrets: [CLIENT.secret],
  accountId: 'person-1',
  resources: {
    first: sites.slice(0, SIZE).map(({ id }) => id),
    second: sites.slice(SIZE).map(({ id }) => id),
  },
  revocation: 'unsupported',
  isTokenRequest: ({ url }) => url.hostname === 'login.microsoftonline.com',
  takes: ({ url }) => url.hostname !== 'login.microsoftonline.com' || url.pathname.startsWith(`/${TENANT}/`),
  oauth: {
    variables: {
      SHAREPOINT_CLIENT_ID: CLIENT.id,
      SHAREPOINT_CLIENT_SECRET: CLIENT.secret,
      SHAREPOINT_TENANT_ID: TENANT,
    },
    consent: (authorize) => {
      const given = (name: string): string => authorize.searchParams.get(name) ?? ''
      if (authorize.pathname !== `/${TENANT}/oauth2/v2.0/authorize`) return 'refused'
      if (given('client_id') !== CLIENT.id || given('redirect_uri') !== REDIRECT) return 'refused'
      if (given('code_challenge_method') !== 'S256') return 'refused'
      const code = `sp-code-${++issued}`
      codes.set(code, { challenge: given('code_challenge'), scope: sharepointApp.scope || given('scope') })
      return code
    },
  },
  answer: (seen) => {
    if (seen.url.hostname === 'login.microsoftonline.com') return token(seen)
    return seen.url.hostname === 'graph.microsoft.com' ? graph(seen) : download(seen)
  },
}

async function token({ method, url, headers, body }: Seen): Promise<Response> {
  if (method !== 'POST' || url.pathname !== `/${TENANT}/oauth2/v2.0/token`) return refuse('invalid_request')
  if (!(headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded'))
    return refuse('invalid_request')
  const form = new URLSearchParams(body)
  if (form.get('client_id') !== CLIENT.id || form.get('client_secret') !== CLIENT.secret)
    return refuse('invalid_client', 401)
  if (form.get('grant_type') === 'refresh_token') {
    const scope = refreshTokens.get(form.get('refresh_token') ?? '')
    return scope === undefined ? refuse('invalid_grant') : grant(scope)
  }
  const code = codes.get(form.get('code') ?? '')
  codes.delete(form.get('code') ?? '')
  if (code === undefined || form.get('redirect_uri') !== REDIRECT) return refuse('invalid_grant')
  if ((await challengeOf(form.get('code_verifier') ?? '')) !== code.challenge) return refuse('invalid_grant')
  return grant(code.scope)
}

function grant(scope: string): Response {
  const access = `eyJ-sharepoint-access-${++issued}`
  const refresh = `0.sharepoint-refresh-${issued}`
  accessTokens.set(access, scope)
  refreshTokens.set(refresh, scope)
  const named = scope.split(' ').filter((it) => !/^(offline_access|openid)$/.test(it))
  return json({
    token_type: 'Bearer',
    expires_in: 3599,
    // Entra ID writes scopes with their resource.
    scope: named.map((it) => `https://graph.microsoft.com/${it}`).join(' '),
    access_token: access,
    refresh_token: refresh,
    id_token: 'e30.e30.e30',
  })
}

function graph(seen: Seen): Response {
  const { method, url, headers, body } = seen
  const scope = accessTokens.get((headers.get('authorization') ?? '').replace('Bearer ', ''))
  if (scope === undefined) return failed(401, 'InvalidAuthenticationToken')
  const path = decodeURIComponent(url.pathname.replace('/v1.0', ''))
  if (path === '/me') return json({ id: 'person-1', displayName: 'Dana', mail: 'dana@example.com' })
  if (path === '/sites') return listed(url)
  if (path === '/search/query' && method === 'POST') return found(body)
  if (path === `/sites/${SITE_ID}/pages/${PAGE_ID}/microsoft.graph.sitePage`)
    return json({
      id: PAGE_ID,
      title: 'Runbook',
      webUrl: 'https://contoso.sharepoint.com/sites/1/SitePages/runbook.aspx',
      canvasLayout: {
        horizontalSections: [
          { columns: [{ webparts: [{ innerHtml: '<h2>Steps</h2><p>Drain &amp; restart.</p>' }, {}] }] },
        ],
      },
    })
  if (path === '/drives/b!drive/items/01TEXT')
    return json({ id: '01TEXT', name: 'notes.md', size: 12, file: { mimeType: 'text/markdown' } })
  if (path === '/drives/b!drive/items/01WORD')
    return json({ id: '01WORD', name: 'notes.docx', size: 12, file: { mimeType: 'application/vnd.x' } })
  if (path === '/drives/b!drive/items/01TEXT/content')
    return new Response(null, {
      status: 302,
      headers: { location: 'https://contoso.sharepoint.com/download?tempauth=x' },
    })
  if (method === 'POST' && path === '/sites/root/pages') {
    if (!scope.includes('Sites.ReadWrite.All')) return failed(403)
    const given = JSON.parse(body)
    return json({ id: PAGE_ID, title: given.title, webUrl: null, canvasLayout: given.canvasLayout }, 201)
  }
  return failed(404, 'itemNotFound')
}

/** A download needs no credential, and must not get one. */
const download = ({ headers }: Seen): Response =>
  headers.get('authorization') === null ? new Response('# Notes\nDrain') : failed(400)

function listed(url: URL): Response {
  if (url.searchParams.get('search') !== '*') return failed(400)
  const from = Number(url.searchParams.get('$skiptoken') ?? '0')
  const next = `https://graph.microsoft.com/v1.0/sites?search=*&$skiptoken=${from + SIZE}`
  return json({
    value: sites.slice(from, from + SIZE),
    ...(from + SIZE < sites.length ? { '@odata.nextLink': next } : {}),
  })
}

function found(body: string): Response {
  const [asked] = JSON.parse(body).requests
  const resource = {
    '@odata.type': '#microsoft.graph.driveItem',
    id: '01TEXT',
    name: 'notes.md',
    webUrl: 'https://contoso.sharepoint.com/notes.md',
    parentReference: { siteId: SITE_ID, driveId: 'b!drive' },
  }
  const hit = { hitId: '01TEXT', summary: `<c0>${asked.query.queryString}</c0><ddd/>`, resource }
  return json({ value: [{ hitsContainers: [{ hits: [hit], total: 1 }] }] })
}
