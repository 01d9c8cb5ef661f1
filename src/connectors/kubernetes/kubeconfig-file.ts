/**
 * The safe part of a kubeconfig file: contexts with a bearer token. Whatever would run a program, read a file, trust
 * anybody, take a detour or speak for somebody else makes the whole file unusable.
 */
import { parse } from 'yaml'
import * as z from 'zod'
import { ok, type Outcome } from '../outcome'

/** A context that can be used, its server not yet judged. */
export interface Context {
  readonly context: string
  readonly cluster: string
  readonly server: string
  readonly namespace: string | null
  readonly token: string
}

const INSTALL =
  'Install the agent in the cluster instead: it needs no address that is reachable from outside.'
const MOST_ENTRIES = 200

const name = z.string().min(1).max(253)
const cluster = z.looseObject({ server: z.string().max(500) })
const user = z.looseObject({ token: z.string().max(10_000).nullish() })
const place = z.object({ cluster: name, user: name, namespace: z.string().max(253).nullish() })

const file = z.object({
  clusters: z.array(z.object({ name, cluster })).max(MOST_ENTRIES),
  users: z.array(z.object({ name, user: user.nullish() })).max(MOST_ENTRIES),
  contexts: z.array(z.object({ name, context: place })).max(MOST_ENTRIES),
  'current-context': z.string().nullish(),
})

type File = z.infer<typeof file>

/** What makes a file unusable, with what is said of it. */
const REFUSED: Readonly<Record<string, string>> = {
  exec: 'Plug-ins that run a program (exec) are not allowed',
  'auth-provider': 'Plug-ins (auth-provider) are not allowed',
  tokenFile: 'Paths of files are not allowed: put the token itself into the file',
  'token-file': 'Paths of files are not allowed: put the token itself into the file',
  'client-certificate': 'Client certificates cannot be used; a bearer token can',
  'client-certificate-data': 'Client certificates cannot be used; a bearer token can',
  'client-key': 'Client certificates cannot be used; a bearer token can',
  'client-key-data': 'Client certificates cannot be used; a bearer token can',
  'certificate-authority': 'Paths of files are not allowed',
  'proxy-url': 'Proxies are not allowed',
  'tls-server-name': 'The server must have a certificate for its own name',
  username: 'Passwords cannot be used; a bearer token can',
  password: 'Passwords cannot be used; a bearer token can',
  as: 'Speaking for another user is not allowed',
  'as-uid': 'Speaking for another user is not allowed',
  'as-groups': 'Speaking for another user is not allowed',
  'as-user-extra': 'Speaking for another user is not allowed',
}

const refuse = (text: string): Outcome<never> => ({ kind: 'credential_refused', text })

/** Every usable context of a file (YAML or JSON). */
export function contextsOf(content: string): Outcome<readonly Context[]> {
  const read = file.safeParse(yamlOf(content))
  if (!read.success) return refuse('This is not a kubeconfig file')
  const problem = problemOf(read.data)
  if (problem !== null) return problem
  const { clusters, users, contexts } = read.data
  const usable = contexts.flatMap(({ name, context }): readonly Context[] => {
    const found = clusters.find((it) => it.name === context.cluster)
    const token = users.find((it) => it.name === context.user)?.user?.token?.trim()
    if (found === undefined || !token) return []
    const namespace = context.namespace ?? null
    return [{ context: name, cluster: context.cluster, server: found.cluster.server, namespace, token }]
  })
  return usable.length === 0 ? refuse('No context has a bearer token') : ok(usable)
}

/** The context of this name; without one the current or the only one. */
export function contextOf(content: string, wanted: string | null): Outcome<Context> {
  const found = contextsOf(content)
  if (found.kind !== 'ok') return found
  const current = file.safeParse(yamlOf(content)).data?.['current-context'] ?? null
  const [first, ...others] = found.value
  const one =
    found.value.find(({ context }) => context === (wanted ?? current)) ??
    (wanted === null && others.length === 0 ? first : undefined)
  return one === undefined ? refuse('Name a context that has a bearer token') : ok(one)
}

/** A file of this context alone. */
export const fileOf = ({ context, cluster, server, namespace, token }: Context): string =>
  JSON.stringify({
    clusters: [{ name: cluster, cluster: { server } }],
    users: [{ name: 'user', user: { token } }],
    contexts: [{ name: context, context: { cluster, user: 'user', namespace } }],
    'current-context': context,
  })

function problemOf({ clusters, users }: File): Outcome<never> | null {
  const entries = [...clusters.map(({ cluster }) => cluster), ...users.map(({ user }) => user ?? {})]
  for (const entry of entries)
    for (const [key, value] of Object.entries(entry)) {
      const text = Object.hasOwn(REFUSED, key) ? REFUSED[key] : undefined
      if (text !== undefined && isSet(value)) return refuse(text)
    }
  if (clusters.some(({ cluster }) => isSet(cluster['insecure-skip-tls-verify'])))
    return refuse('insecure-skip-tls-verify is not allowed: certificates are always checked')
  if (clusters.some(({ cluster }) => isSet(cluster['certificate-authority-data'])))
    return {
      kind: 'credential_refused',
      code: 'unsupported_on_platform',
      text: 'Only servers with a publicly trusted certificate can be reached from here',
      hint: INSTALL,
    }
  return null
}

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && value !== false

/** The document, undefined when it is none. Aliases, which could blow it up, are not resolved. */
function yamlOf(content: string): unknown {
  try {
    const value: unknown = parse(content, { maxAliasCount: 0, logLevel: 'silent' })
    return value
  } catch {
    return undefined
  }
}
