/** OVHcloud: a login in one of three regions. */
import * as z from 'zod'
import { bearer, type Access } from '../access'
import { connector } from '../connector'
import type { Candidate, Minted, Proof } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { operation, type Vendor } from '../operation'
import { mapOk, ok, type Outcome } from '../outcome'
import { numberOf } from '../paging'
import { read } from '../read'
import { refreshGrant } from '../refresh-grant'
import {
  details,
  ENDPOINTS,
  REGIONS,
  regionNamed,
  settings,
  type Details,
  type EndpointName,
} from './details'
import { describeProjects, projectIds } from './projects'

const PAGE = 20
const secret = z.object({ refresh_token: z.string() })
type Secret = z.infer<typeof secret>

const project = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)

export const ovh = connector({
  id: 'ovh',
  name: 'OVHcloud',
  category: 'cloud',
  kinds: ['oauth_code'],
  multiAccount: false,
  hosts: ENDPOINTS.flatMap((name) => [REGIONS[name].token, REGIONS[name].api]).map(
    (it) => new URL(it).hostname,
  ),
  optionalVariables: ENDPOINTS.flatMap((name) => Object.values(REGIONS[name].client)),
  revokeHint: 'Remove the application under API keys and third-party access in your OVHcloud account.',
  summary: ['endpoint'],
  oauth: {
    endpoints: ({ endpoint }) => regionNamed(endpoint)?.region ?? null,
    client: (endpoint) => (regionNamed(endpoint)?.region ?? REGIONS['ovh-eu']).client,
    clientAuth: 'form',
    body: 'form',
    pkce: true,
    openid: null,
    scopes: () => ['all'],
    requiredScopes: [],
    redirect: { base: 'api', path: '/ovh_api/ovh/oauth2/callback' },
    needsRefreshToken: true,
    read: ({ refreshToken }, endpoint) => {
      const chosen = regionNamed(endpoint)
      return refreshToken === null || chosen === null
        ? { kind: 'credential_refused' }
        : ok({ secret: { refresh_token: refreshToken }, settings: { endpoint: chosen.name } })
    },
  },
  secret,
  settings,
  details,
  prove: (ctx, candidate, access) => prove(ctx, candidate.settings.endpoint, access),
  access: { kind: 'minted', mint },
  resources: async (ctx, { access, details }, cursor) => {
    const found = await projectIds(ctx, access, details.endpoint)
    if (found.kind !== 'ok') return found
    const from = numberOf(cursor, 0)
    const page = found.value.slice(from, from + PAGE)
    return mapOk(await describeProjects(ctx, access, details.endpoint, page), (projects) => ({
      resources: projects.map(({ id, name, hasPermission }) => ({
        id,
        name,
        type: 'project',
        details: { has_permission: hasPermission },
      })),
      nextCursor: from + PAGE < found.value.length ? String(from + PAGE) : null,
    }))
  },
  operations: [
    operation({
      name: 'list_instances',
      description: 'Virtual machines of a project.',
      input: z.strictObject({ project }),
      run: (vendor: Vendor<Details>, { project }) =>
        read(vendor, `${REGIONS[vendor.details.endpoint].api}/cloud/project/${project}/instance`),
    }),
    operation({
      name: 'list_clusters',
      description: 'Ids of the Kubernetes clusters of a project.',
      input: z.strictObject({ project }),
      run: (vendor: Vendor<Details>, { project }) =>
        read(vendor, `${REGIONS[vendor.details.endpoint].api}/cloud/project/${project}/kube`),
    }),
  ],
})

async function prove(
  ctx: VendorCtx,
  endpoint: EndpointName,
  access: Access,
): Promise<Outcome<Proof<Secret, Details>>> {
  return mapOk(await projectIds(ctx, access, endpoint), (found) => ({
    accountId: endpoint,
    accountName: endpoint,
    details: { endpoint, hasProjects: found.length > 0 },
  }))
}

function mint(
  ctx: VendorCtx,
  { secret, settings }: Candidate<Secret, { readonly endpoint: EndpointName }>,
): Promise<Outcome<Minted<Secret>>> {
  const { client, token } = REGIONS[settings.endpoint]
  return refreshGrant(ctx, {
    url: token,
    client,
    clientAuth: 'form',
    body: 'form',
    refreshToken: secret.refresh_token,
    hasEnded: ({ status }) => status === 400,
    access: bearer,
    secretOf: (refresh_token) => ({ refresh_token }),
  })
}
