/** Which commits to ask for: those that went out with the change that leads, of the first host that has its repository. */
import type { CaseFile } from '../analyst/case-file'
import { commitsClaim } from '../analyst/commits'
import type { Candidate } from '../analyst/fusion'
import { serviceKey } from '../analyst/names'
import type { Change } from '../tools/recent-changes'
import { toolsOf, type Asking } from './ask-services'
import type { Turn } from './investigate'

const REF = /^[\w./-]{1,250}$/

export function commitCalls(
  file: CaseFile,
  leader: Candidate | undefined,
  { called }: Pick<Asking, 'called'>,
  offered: ReadonlySet<string>,
): Turn['calls'] {
  const change = leader?.change?.change
  if (change === undefined || change.service === null || file.commits.length > 0) return []
  const where = change.repository ?? change.url
  const mentioned = (tool: string): boolean => where?.includes(tool.split('_')[0] ?? '') === true
  const tool = toolsOf('service_commits', offered)
    .filter((one) => !called.has(one))
    .toSorted((a, b) => Number(mentioned(b)) - Number(mentioned(a)))[0]
  if (tool === undefined) return []
  const args = {
    service: change.service,
    ...(where === null ? {} : { repository: where }),
    ...refOf('head', change.commit),
    ...refOf('base', commitBefore(file, change)),
    ...(change.environment === null ? {} : { environment: change.environment }),
    until: change.finishedAt,
  }
  return [{ name: tool, args }]
}

export function learnedFromCommits(
  file: CaseFile,
  leader: Candidate | undefined,
  fresh: ReadonlySet<number>,
): readonly string[] {
  const said = commitsClaim(file, leader ?? null)
  return said !== null && file.commits.some(({ item }) => fresh.has(item.number)) ? [said.text] : []
}

const refOf = (name: 'head' | 'base', commit: string | null): Readonly<Record<string, string>> =>
  commit !== null && REF.test(commit) ? { [name]: commit } : {}

/** What the deployment before it carried, as far as that was reported. */
function commitBefore(
  file: CaseFile,
  { id, service, commit, environment, finishedAt }: Change,
): string | null {
  const before = file.changes.find(
    ({ change }) =>
      change.id !== id &&
      serviceKey(change.service ?? '') === serviceKey(service ?? '') &&
      change.environment === environment &&
      change.finishedAt < finishedAt &&
      change.result?.toUpperCase() === 'SUCCESS' &&
      change.commit !== null &&
      change.commit !== commit,
  )
  return before?.change.commit ?? null
}
