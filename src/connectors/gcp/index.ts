/** Google Cloud: a login with consent, or the key of a service account. */
import type { Access } from '../access'
import { connector } from '../connector'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { details, SCOPE, secret, settings, TOKEN_URL, type ServiceAccountKey } from './details'
import { operations } from './operations'
import { allProjects, getProject, listProjects } from './projects'
import { form } from './service-account'
import { rootProject, setup } from './setup'
import { CLIENT, mint, revoke } from './tokens'

const NO_PROJECTS = {
  kind: 'no_resources',
  text: 'The uploaded service account has no accessible GCP projects.',
} as const

export const gcp = connector({
  id: 'gcp',
  name: 'Google Cloud',
  category: 'cloud',
  kinds: ['oauth_code', 'api_key'],
  multiAccount: false,
  hosts: [
    'oauth2.googleapis.com',
    'www.googleapis.com',
    'cloudresourcemanager.googleapis.com',
    'cloudbilling.googleapis.com',
    'logging.googleapis.com',
    'monitoring.googleapis.com',
  ],
  revokeHint:
    'Remove Aurora under Security, Third-party access of the Google account, or delete the service account key.',
  jobAfterLogin: 'setup',
  summary: ['authType', 'clientEmail', 'defaultProjectId'],
  oauth: {
    endpoints: { authorize: 'https://accounts.google.com/o/oauth2/v2/auth', token: TOKEN_URL },
    client: () => CLIENT,
    clientAuth: 'form',
    body: 'form',
    pkce: true,
    openid: {
      issuers: ['https://accounts.google.com', 'accounts.google.com'],
      jwksUri: 'https://www.googleapis.com/oauth2/v3/certs',
    },
    scopes: () => ['openid', 'https://www.googleapis.com/auth/userinfo.email', SCOPE],
    requiredScopes: [SCOPE],
    redirect: { base: 'api', path: '/callback' },
    parameters: { access_type: 'offline', prompt: 'consent' },
    needsRefreshToken: true,
    read: ({ refreshToken, identity, scopes }, _endpoint, stored) => {
      const kept = stored !== null && 'refresh_token' in stored ? stored.refresh_token : null
      const refresh_token = refreshToken ?? kept
      if (refresh_token === null) return { kind: 'credential_refused' }
      const sub = textOf(identity?.['sub'])
      const email = textOf(identity?.['email']) || sub
      return ok({
        secret: { refresh_token },
        settings: { email, sub, authType: 'oauth' as const, scopes: [...scopes] },
      })
    },
  },
  form: {
    schema: form,
    read: ({ service_account_json: key }) =>
      ok({
        secret: key,
        settings: {
          email: key.client_email,
          sub: key.client_email,
          authType: 'service_account' as const,
          scopes: [SCOPE],
        },
      }),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { secret, settings }, access) => {
    const seen =
      'refresh_token' in secret
        ? mapOk(await listProjects(ctx, access, null), () => ({}))
        : await proveServiceAccount(ctx, access, secret)
    return mapOk(seen, (extra) => ({
      accountId: settings.sub,
      accountName: settings.email,
      details: { ...settings, ...extra },
    }))
  },
  access: { kind: 'minted', mint },
  resources: async (ctx, { access }, cursor) =>
    mapOk(await listProjects(ctx, access, cursor), ({ projects, nextPageToken }) => ({
      resources: projects
        .filter(({ lifecycleState }) => lifecycleState === 'ACTIVE')
        .map(({ projectId, name, projectNumber, lifecycleState }) => ({
          id: projectId,
          name: name || projectId,
          type: 'project',
          details: { projectNumber, lifecycleState },
        })),
      nextCursor: nextPageToken ?? null,
    })),
  revoke,
  revokesWholeGrant: (it) => 'refresh_token' in it,
  operations,
  jobs: { setup, root_project: rootProject },
})

/** The account must see a project: one of a list, or at least its own. */
async function proveServiceAccount(
  ctx: VendorCtx,
  access: Access,
  { project_id, client_email }: ServiceAccountKey,
): Promise<Outcome<{ readonly defaultProjectId: string; readonly clientEmail: string }>> {
  const extra = { defaultProjectId: project_id, clientEmail: client_email }
  const listed = await allProjects(ctx, access)
  if (listed.kind !== 'ok' && listed.kind !== 'insufficient_permission') return listed
  if (listed.kind === 'ok' && listed.value.length > 0) return ok(extra)
  const own = await getProject(ctx, access, project_id)
  if (own.kind === 'no_resources' || own.kind === 'insufficient_permission') return NO_PROJECTS
  return mapOk(own, () => extra)
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
