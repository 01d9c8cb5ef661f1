/** The commits that went out with a deployment: those since the one before it, else those of the day before. */
import * as z from 'zod'
import { DAY, iso } from '../lib/time'
import { operation, type Operation, type OperationOutcome, type Vendor } from './operation'
import { ok, type Outcome } from './outcome'

export interface Commit {
  readonly sha: string
  readonly author: string | null
  /** ISO 8601. */
  readonly at: string
  /** The first line of its message. */
  readonly title: string
}

/** A deployment as the vendor knows it. */
interface Deployed {
  readonly sha: string
  readonly at: string
}

/** How one vendor is asked about a repository, whose name has been checked. */
export interface CommitHost<M> {
  /** What URLs of its repositories begin with, without the scheme. */
  readonly base: (vendor: Vendor<M>) => string
  /** The repository's part of a path behind that. */
  readonly nameIn: (path: string) => string
  readonly isRepository: (name: string) => boolean
  readonly url: (vendor: Vendor<M>, repository: string) => string
  /** Newest first. */
  readonly deployments: (
    vendor: Vendor<M>,
    repository: string,
    environment: string | undefined,
  ) => Promise<Outcome<readonly Deployed[]>>
  /** What is in `head` and not in `base`. */
  readonly between: (
    vendor: Vendor<M>,
    repository: string,
    base: string,
    head: string,
  ) => Promise<Outcome<readonly Commit[]>>
  /** What leads to `head`, or to the default branch, in a span. */
  readonly during: (
    vendor: Vendor<M>,
    repository: string,
    head: string | undefined,
    since: string,
    until: string,
  ) => Promise<Outcome<readonly Commit[]>>
}

const SHOWN = 10
const ref = z.string().regex(/^[\w./-]{1,250}$/)

const input = z.strictObject({
  service: z.string().min(1).max(200),
  /** Its name or URL; without it the chosen repository that is named like the service. */
  repository: z.string().min(1).max(500).optional(),
  /** What was deployed, and what was before it; without them the vendor's own deployments are asked. */
  head: ref.optional(),
  base: ref.optional(),
  environment: z.string().min(1).max(200).optional(),
  /** When the deployment ended. */
  until: z.iso.datetime(),
})

/** The operation over one vendor. */
export const serviceCommits = <M>(host: CommitHost<M>): Operation<M> =>
  operation({
    name: 'service_commits',
    description:
      'The commits that went out with a deployment of a service: since the deployment before it, else of the 24 hours before.',
    input,
    run: async (vendor: Vendor<M>, asked): Promise<OperationOutcome> => {
      const chosen = (await vendor.ctx.chosen?.()) ?? []
      const named =
        asked.repository === undefined
          ? undefined
          : repositoryIn(asked.repository, host.base(vendor), host.nameIn)
      const repository = named ?? chosen.find((name) => isSame(name.split('/').at(-1) ?? '', asked.service))
      if (repository === undefined || !host.isRepository(repository)) return { kind: 'no_resources' }
      const span = await spanOf(host, vendor, repository, asked)
      const { base, head } = span
      const since = iso(Date.parse(asked.until) - DAY)
      const found =
        base !== undefined && head !== undefined
          ? await host.between(vendor, repository, base, head)
          : await host.during(vendor, repository, head, since, asked.until)
      if (found.kind !== 'ok') return found
      const commits = found.value.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
      return ok({
        url: host.url(vendor, repository),
        status: 200,
        data: {
          shape: 'commits',
          service: asked.service,
          repository,
          found: named === undefined ? 'chosen' : 'change',
          base: base ?? null,
          head: head ?? null,
          since: base === undefined || head === undefined ? since : null,
          total: commits.length,
          commits: commits.slice(0, SHOWN),
        },
      })
    },
  })

/** Fills what the caller does not know from the vendor's own list; that there is none is no failure. */
async function spanOf<M>(
  host: CommitHost<M>,
  vendor: Vendor<M>,
  repository: string,
  { base, head, environment, until }: z.output<typeof input>,
): Promise<{ readonly base?: string | undefined; readonly head?: string | undefined }> {
  if (base !== undefined && head !== undefined) return { base, head }
  const listed = await host.deployments(vendor, repository, environment)
  const past =
    listed.kind === 'ok' ? listed.value.filter(({ at }) => Date.parse(at) <= Date.parse(until)) : []
  const deployed = past.findIndex(({ sha }) => head === undefined || sha.startsWith(head))
  if (deployed === -1) return { head }
  const known = past[deployed]?.sha
  return { head: known, base: past.slice(deployed + 1).find(({ sha }) => sha !== known)?.sha }
}

/** `acme/shop` of `acme/shop`, `https://host/acme/shop.git` and `git@host:acme/shop.git`; undefined for another host. */
function repositoryIn(text: string, base: string, nameIn: (path: string) => string): string | undefined {
  const bare = text.replace(/^[a-z+]+:\/\//i, '').replace(/^[^@/]+@/, '')
  const isAddress = bare !== text || /^[^/]+\.[^/]+[/:]/.test(bare)
  if (!isAddress) return trimmed(text)
  const [host = ''] = base.split(/[/:]/)
  const prefix = [`${base}/`, `${host}/`, `${host}:`].find((one) => isSame(bare.slice(0, one.length), one))
  return prefix === undefined ? undefined : trimmed(nameIn(bare.slice(prefix.length)))
}

const trimmed = (path: string): string => path.replaceAll(/^\/+|(?:\.git)?\/*$/g, '')

/** The first line of a commit's message. */
export const titleOf = (message: string): string => (message.split('\n')[0] ?? '').trim().slice(0, 160)

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
