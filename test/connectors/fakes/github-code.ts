/** One repository as GitHub keeps it: commits of files, branches, pull requests. */
import { json, type Seen } from './fake'

type Files = Readonly<Record<string, string>>

/** A repository that answers below `/repos/<name>`. `trouble` makes one kind of request fail. */
export function aRepository(name: string, files: Files) {
  const commits = new Map<string, Files>([['base', files]])
  const branches = new Map([['main', 'base']])
  const pulls: {
    readonly head: string
    readonly base: string
    readonly title: string
    readonly body: string
  }[] = []
  const state = { trouble: null as 'refs' | 'contents' | 'pulls' | 'forbidden' | null }
  let made = 0

  const commit = (branch: string, changed: Files): void => {
    const sha = `c${++made}`
    commits.set(sha, { ...commits.get(branches.get(branch) ?? ''), ...changed })
    branches.set(branch, sha)
  }
  const shaOf = (text: string): string => `blob-${btoa(encodeURIComponent(text)).slice(0, 40)}-${text.length}`
  const filesAt = (ref: string): Files | undefined => commits.get(branches.get(ref) ?? ref)

  function contents({ method, url, body }: Seen, path: string): Response {
    if (method === 'GET') {
      const text = filesAt(url.searchParams.get('ref') ?? 'main')?.[path]
      return text === undefined
        ? json({ message: 'Not Found' }, 404)
        : json({
            type: 'file',
            sha: shaOf(text),
            encoding: 'base64',
            content: (
              new TextEncoder()
                .encode(text)
                .toBase64()
                .match(/.{1,60}/g) ?? []
            ).join('\n'),
          })
    }
    if (state.trouble === 'contents') return json({ message: 'words of the vendor' }, 409)
    const asked = JSON.parse(body)
    const before = filesAt(asked.branch)?.[path]
    // GitHub takes a change only of what one has seen.
    if ((before === undefined ? undefined : shaOf(before)) !== asked.sha) return json({}, 409)
    commit(asked.branch, { [path]: new TextDecoder().decode(Uint8Array.fromBase64(asked.content)) })
    return json({ commit: { sha: branches.get(asked.branch) } }, 201)
  }

  function open({ method, url, body }: Seen): Response {
    const shown = (index: number) => ({
      number: index + 17,
      html_url: `https://github.com/${name}/pull/${index + 17}`,
    })
    if (method === 'GET') {
      const head = (url.searchParams.get('head') ?? '').split(':')[1]
      return json(pulls.flatMap((it, index) => (it.head === head ? [shown(index)] : [])))
    }
    if (state.trouble === 'pulls') return json({}, 404)
    const asked = JSON.parse(body)
    if (pulls.some(({ head }) => head === asked.head)) return json({ message: 'already exists' }, 422)
    pulls.push(asked)
    return json(shown(pulls.length - 1), 201)
  }

  /** Null for what is not of this repository. */
  const answer = (seen: Seen): Response | null => {
    const base = `/repos/${name}`
    if (!seen.url.pathname.startsWith(base)) return null
    const path = decodeURIComponent(seen.url.pathname.slice(base.length))
    if (state.trouble === 'forbidden' && seen.method !== 'GET')
      return json({ message: 'Resource not accessible by integration' }, 403)
    if (path === '') return json({ default_branch: 'main' })
    const branch = /^\/git\/ref\/heads\/(.+)$/.exec(path)?.[1]
    if (branch !== undefined) {
      const sha = branches.get(branch)
      return sha === undefined ? json({}, 404) : json({ object: { sha } })
    }
    if (path === '/git/refs') {
      if (state.trouble === 'refs') return json({ message: 'words of the vendor' }, 500)
      const { ref, sha } = JSON.parse(seen.body)
      const wanted = String(ref).replace('refs/heads/', '')
      if (branches.has(wanted)) return json({ message: 'Reference already exists' }, 422)
      branches.set(wanted, sha)
      return json({ object: { sha } }, 201)
    }
    const file = /^\/contents\/(.+)$/.exec(path)?.[1]
    if (file !== undefined) return contents(seen, file)
    return path === '/pulls' ? open(seen) : json({}, 404)
  }
  return { name, state, commit, pulls, branches, filesAt, answer }
}
