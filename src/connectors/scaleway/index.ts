/** Scaleway: an API key of a person or an application. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { headerAccess, headersOf, type Access } from '../access'
import { ask, type Judgement } from '../ask'
import { connector } from '../connector'
import type { VendorCtx } from '../vendor-ctx'
import { alsoNamed } from '../form'
import { ok, type Outcome } from '../outcome'
import { numberOf } from '../paging'
import { withQuery } from '../read'
import { API, details, settings } from './details'
import { operations } from './operations'

const BOTH = 'Access key and secret key are required'
const KEY = "Invalid access key format. Should start with 'SCW' followed by alphanumeric characters."
const REFUSED = { kind: 'credential_refused', text: 'Scaleway refused the API key' } as const
const REFUSALS: Judgement = { 401: REFUSED, 404: REFUSED }
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const PAGE = 100

const secret = z.object({ secretKey: z.string() })
const uuid = (missing: string, wrong: string) =>
  text({ error: missing, max: 100, tooLong: wrong }).refine((value) => UUID.test(value), wrong)
const form = alsoNamed(
  {
    access_key: 'accessKey',
    secret_key: 'secretKey',
    organization_id: 'organizationId',
    project_id: 'projectId',
  },
  z.object({
    accessKey: text({ error: BOTH, max: 100, tooLong: KEY }).refine(
      (value) => /^SCW[A-Z0-9]{17,20}$/.test(value),
      KEY,
    ),
    secretKey: uuid(BOTH, 'Invalid secret key format. Should be a UUID.'),
    organizationId: optional(uuid('Invalid organization ID format', 'Invalid organization ID format')),
    projectId: optional(uuid('Invalid project ID format', 'Invalid project ID format')),
  }),
)

const apiKey = z.object({
  access_key: z.string(),
  user_id: z.string().nullish(),
  application_id: z.string().nullish(),
  expires_at: z.iso.datetime().nullish(),
})
const bearer = z.object({ organization_id: z.string() })
const projects = z.object({
  projects: z.array(z.object({ id: z.string(), name: z.string() })),
  total_count: z.int(),
})

export const scaleway = connector({
  id: 'scaleway',
  name: 'Scaleway',
  category: 'cloud',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['api.scaleway.com'],
  revokeHint: 'Delete the API key under IAM in the Scaleway console.',
  original: {
    prefixes: ['/scaleway_api/scaleway'],
    unauthorized: true,
    connected: ({ organizationId, projectsCount }) => ({
      message: 'Scaleway connected successfully',
      organizationId,
      projectsCount,
    }),
    status: () => ({ provider: 'scaleway' }),
  },
  form: {
    schema: form,
    read: ({ accessKey, secretKey, organizationId, projectId }) =>
      ok({
        secret: { secretKey },
        settings: { accessKey, organizationId: organizationId ?? null, projectId: projectId ?? null },
      }),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings }, access) => {
    const headers = headersOf(access)
    const keyUrl = `${API}/iam/v1alpha1/api-keys/${encodeURIComponent(settings.accessKey)}`
    const key = await ask(ctx.fetch, keyUrl, { headers }, apiKey, REFUSALS)
    if (key.kind !== 'ok') return key
    const { access_key, user_id, application_id, expires_at } = key.value
    // The secret key alone authorises the call; it must be that of the access key it came with.
    if (access_key !== settings.accessKey) return REFUSED
    const owner = user_id == null ? `applications/${application_id ?? ''}` : `users/${user_id}`
    const found = await ask(ctx.fetch, `${API}/iam/v1alpha1/${owner}`, { headers }, bearer)
    if (found.kind !== 'ok') return found
    const { organization_id } = found.value
    if (settings.organizationId !== null && settings.organizationId !== organization_id)
      return { kind: 'credential_refused', text: 'The API key belongs to another organization' }
    const listed = await projectPage(ctx, organization_id, access, 1)
    if (listed.kind !== 'ok') return listed
    return ok({
      accountId: organization_id,
      accountName: organization_id,
      expiresAt: expires_at == null ? null : Date.parse(expires_at),
      details: { ...settings, organizationId: organization_id, projectsCount: listed.value.total_count },
    })
  },
  access: { kind: 'static', of: ({ secret }) => headerAccess({ 'X-Auth-Token': secret.secretKey }) },
  resources: async (ctx, { access, details }, cursor) => {
    const page = numberOf(cursor, 1)
    const listed = await projectPage(ctx, details.organizationId, access, page)
    if (listed.kind !== 'ok') return listed
    return ok({
      resources: listed.value.projects.map(({ id, name }) => ({ id, name, type: 'project', details: {} })),
      nextCursor: page * PAGE < listed.value.total_count ? String(page + 1) : null,
    })
  },
  operations,
})

const projectPage = (
  ctx: VendorCtx,
  organizationId: string,
  access: Access,
  page: number,
): Promise<Outcome<z.infer<typeof projects>>> =>
  ask(
    ctx.fetch,
    withQuery(`${API}/account/v3/projects`, { organization_id: organizationId, page, page_size: PAGE }),
    { headers: headersOf(access) },
    projects,
  )
