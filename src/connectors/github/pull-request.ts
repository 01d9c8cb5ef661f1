/**
 * Proposes a change of one file as a pull request. The only thing here that writes at GitHub, and it is called for nothing
 * but a suggestion that a person applies. Each step finds what an earlier attempt left, so that a retry goes on there.
 */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask, readAs, type Judgement } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import type { VendorInit } from '../egress'
import { mapOk, ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { API } from './details'

export interface Change {
  /** `owner/name` */
  readonly repository: string
  readonly filePath: string
  readonly content: string
  /** The branch to change; null for the repository's default one. */
  readonly target: string | null
  /** The branch that carries the change. */
  readonly branch: string
  /** The commit that the change was made from; without it the text that stood there then. */
  readonly baseCommit: string | null
  readonly originalContent: string | null
  readonly title: string
  readonly body: string
}

export type Proposed =
  | { readonly kind: 'opened'; readonly url: string; readonly number: number }
  /** The file is no longer what the change was made from. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed'; readonly step: 'branch' | 'push' | 'pull_request' }

const MISSING: Judgement = { 401: { kind: 'expired' }, 404: { kind: 'no_resources' } }
const repositorySchema = z.object({ default_branch: z.string() })
const refSchema = z.object({ object: z.object({ sha: z.string() }) })
const fileSchema = z.object({
  type: z.literal('file'),
  sha: z.string(),
  encoding: z.string(),
  content: z.string(),
})
const pull = z.object({ html_url: z.url(), number: z.int() })

interface File {
  readonly sha: string
  readonly text: string
}

export async function proposeChange(ctx: VendorCtx, access: Access, it: Change): Promise<Outcome<Proposed>> {
  const at = new Repository(ctx, access, it.repository)
  const target = it.target === null ? await at.defaultBranch() : ok(it.target)
  if (target.kind !== 'ok') return failed('branch', target)
  const head = await at.headOf(target.value)
  if (head.kind !== 'ok') return failed('branch', head)
  const there = await at.file(it.filePath, head.value)
  if (there.kind !== 'ok') return failed('branch', there)
  const former = it.baseCommit === null ? null : await at.file(it.filePath, it.baseCommit)
  if (former !== null && former.kind !== 'ok') return failed('branch', former)
  const base = former === null ? it.originalContent : (former.value?.text ?? '')
  if ((there.value?.text ?? '') !== (base ?? '')) return ok({ kind: 'changed' })
  const cut = await at.cut(it.branch, head.value)
  if (cut.kind !== 'ok') return failed('branch', cut)
  const pushed = await at.push(it)
  if (pushed.kind !== 'ok') return failed('push', pushed)
  const opened = await at.open(it, target.value)
  return opened.kind === 'ok'
    ? ok({ kind: 'opened', url: opened.value.html_url, number: opened.value.number })
    : failed('pull_request', opened)
}

/** A dead credential is the connection's matter; whatever else went wrong is told by the step that it happened in. */
const failed = (
  step: Extract<Proposed, { kind: 'failed' }>['step'],
  outcome: Exclude<Outcome<unknown>, { kind: 'ok' }>,
): Outcome<Proposed> =>
  outcome.kind === 'expired' || outcome.kind === 'rate_limited' ? outcome : ok({ kind: 'failed', step })

/** One repository, through one access. */
class Repository {
  readonly #ctx: VendorCtx
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #owner: string

  constructor(ctx: VendorCtx, access: Access, name: string) {
    this.#ctx = ctx
    this.#url = `${API}/repos/${name}`
    this.#headers = headersOf(access)
    this.#owner = name.split('/')[0] ?? ''
  }

  async defaultBranch(): Promise<Outcome<string>> {
    const found = await ask(this.#ctx.fetch, this.#url, { headers: this.#headers }, repositorySchema, MISSING)
    return mapOk(found, ({ default_branch }) => default_branch)
  }

  async headOf(branch: string): Promise<Outcome<string>> {
    const url = `${this.#url}/git/ref/heads/${pathOf(branch)}`
    const found = await ask(this.#ctx.fetch, url, { headers: this.#headers }, refSchema, MISSING)
    return mapOk(found, ({ object }) => object.sha)
  }

  /** The file at a commit or branch; null where there is none. */
  async file(path: string, ref: string): Promise<Outcome<File | null>> {
    const url = withQuery(`${this.#url}/contents/${pathOf(path)}`, { ref })
    const answer = await this.#ctx.fetch(url, { headers: this.#headers })
    if (answer.kind !== 'ok') return answer
    if (answer.value.status === 404) return ok(null)
    const found = readAs(answer.value, fileSchema, MISSING)
    if (found.kind !== 'ok') return found
    const text = textOf(found.value.content)
    return text === null ? { kind: 'vendor_error' } : ok({ sha: found.value.sha, text })
  }

  /** A branch of this name is that of an earlier attempt: nobody else makes such names. */
  async cut(branch: string, sha: string): Promise<Outcome<null>> {
    const answer = await this.#send('POST', '/git/refs', { ref: `refs/heads/${branch}`, sha })
    if (answer.kind !== 'ok') return answer
    if (answer.value.status === 422) return mapOk(await this.headOf(branch), () => null)
    return mapOk(readAs(answer.value, refSchema, MISSING), () => null)
  }

  async push({ filePath, content, branch, title }: Change): Promise<Outcome<null>> {
    const there = await this.file(filePath, branch)
    if (there.kind !== 'ok') return there
    if (there.value?.text === content) return ok(null)
    const answer = await this.#send('PUT', `/contents/${pathOf(filePath)}`, {
      message: title,
      content: new TextEncoder().encode(content).toBase64(),
      branch,
      ...(there.value === null ? {} : { sha: there.value.sha }),
    })
    return answer.kind === 'ok' ? mapOk(readAs(answer.value, z.looseObject({}), MISSING), () => null) : answer
  }

  async open({ branch, title, body }: Change, target: string): Promise<Outcome<z.infer<typeof pull>>> {
    const answer = await this.#send('POST', '/pulls', { title, body, head: branch, base: target })
    if (answer.kind !== 'ok') return answer
    if (answer.value.status !== 422) return readAs(answer.value, pull, MISSING)
    // There is one already: that of an earlier attempt.
    const url = withQuery(`${this.#url}/pulls`, { head: `${this.#owner}:${branch}`, state: 'open' })
    const found = await ask(this.#ctx.fetch, url, { headers: this.#headers }, z.array(pull), MISSING)
    if (found.kind !== 'ok') return found
    const [first] = found.value
    return first === undefined ? { kind: 'vendor_error' } : ok(first)
  }

  #send(method: NonNullable<VendorInit['method']>, path: string, body: object) {
    return this.#ctx.fetch(`${this.#url}${path}`, {
      method,
      headers: { ...this.#headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  }
}

const pathOf = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

function textOf(base64: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.fromBase64(base64.replaceAll(/\s/g, '')),
    )
  } catch {
    return null
  }
}
