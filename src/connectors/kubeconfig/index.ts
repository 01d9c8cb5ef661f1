/** A Kubernetes cluster with a public API server: a service account's bearer token out of a kubeconfig file. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { sha256Hex } from '../../lib/hmac'
import { bearer, headersOf, type Access } from '../access'
import { readBaseUrl } from '../address'
import { ask, readAs } from '../ask'
import { connector } from '../connector'
import type { VendorCtx } from '../vendor-ctx'
import type { VendorInit } from '../egress'
import { askApi } from '../kubernetes/ask-api'
import { contextOf } from '../kubernetes/kubeconfig-file'
import { namespacesOf } from '../kubernetes/namespaces'
import { operationsOver } from '../kubernetes/operations'
import { mapOk, ok, type Outcome } from '../outcome'
import { sliceOf } from '../paging'

const secret = z.object({ token: z.string() })
const settings = z.object({
  server: z.string(),
  context: z.string(),
  cluster: z.string(),
  namespace: z.string().nullable(),
})
const details = settings.extend({ username: z.string().nullable() })
type Details = z.infer<typeof details>

const form = z.object({
  content: text({ error: 'content is required', max: 500_000, tooLong: 'The file is too large' }),
  /** Default: the file's current context. */
  context: optional(text({ error: 'Invalid context', max: 253 })),
})

const review = z.object({ status: z.object({ userInfo: z.object({ username: z.string().max(500) }) }) })
const version = z.object({ gitVersion: z.string() })
const allowed = z.object({ status: z.object({ allowed: z.boolean() }) })

export const kubeconfig = connector({
  id: 'kubeconfig',
  name: 'Kubernetes (kubeconfig)',
  category: 'kubernetes',
  toolsAs: 'kubernetes',
  kinds: ['api_key'],
  multiAccount: true,
  hosts: 'self_hosted',
  revokeHint: 'Delete the token of the service account in the cluster.',
  accountIdIn: async (orgId, context) =>
    `kubeconfig-${(await sha256Hex(`${orgId}:${context}`)).slice(0, 16)}`,
  form: {
    schema: form,
    read: ({ content, context }, ownHosts) => {
      const found = contextOf(content, context ?? null)
      if (found.kind !== 'ok') return found
      const { server, token, ...place } = found.value
      return mapOk(readBaseUrl(server, ownHosts), (base) => ({
        secret: { token },
        settings: { ...place, server: base },
      }))
    },
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings }, access) =>
    mapOk(await whoAmI(ctx, settings.server, access), (username) => ({
      accountId: settings.context,
      accountName: settings.cluster,
      details: { ...settings, username },
    })),
  access: { kind: 'static', of: ({ secret }) => bearer(secret.token) },
  resources: async (ctx, { access, details }, cursor) => {
    const vendor = { ctx, access, details }
    const answer = await askApi(vendor, details.server, { ask: 'list', kind: 'namespace', namespace: null })
    return mapOk(namespacesOf(answer), (all) => sliceOf(all, cursor))
  },
  operations: operationsOver<Details>((vendor, question) => askApi(vendor, vendor.details.server, question)),
})

/** The token's user; null on clusters that are too old to say, where being allowed to list pods has to do. */
async function whoAmI(ctx: VendorCtx, server: string, access: Access): Promise<Outcome<string | null>> {
  const post = (body: object): VendorInit => ({
    method: 'POST',
    headers: { ...headersOf(access), accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const self = await ctx.fetch(
    `${server}/apis/authentication.k8s.io/v1/selfsubjectreviews`,
    post({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }),
  )
  if (self.kind !== 'ok') return self
  if (self.value.status !== 404)
    return mapOk(readAs(self.value, review), ({ status }) => status.userInfo.username)
  const known = await ask(ctx.fetch, `${server}/version`, { headers: headersOf(access) }, version)
  if (known.kind !== 'ok') return known
  const may = await ask(
    ctx.fetch,
    `${server}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`,
    post({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'list', resource: 'pods' } },
    }),
    allowed,
  )
  if (may.kind !== 'ok') return may
  return may.value.status.allowed ? ok(null) : { kind: 'insufficient_permission' }
}
