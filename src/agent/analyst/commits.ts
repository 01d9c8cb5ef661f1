/** Which commits went out with the change that is suspected: worth knowing, and never a cause by themselves. */

import type { Claim } from '../findings'
import type { CaseFile } from './case-file'
import { claim, nameOfChange } from './claims'
import type { Candidate } from './fusion'
import { serviceKey } from './names'
import type { CommitsOutput } from './shapes'
import { counted, list, plain, plural, quoted, sentence } from './wording'

const SHOWN = 3

/** Null when nobody was asked, or when there is nothing to tell. */
export function commitsClaim(file: CaseFile, first: Candidate | null): Claim | null {
  const change = first?.change ?? null
  const service = change?.change.service ?? null
  if (change === null || service === null) return null
  const found = file.commits.findLast(({ value }) => serviceKey(value.service) === serviceKey(service))
  const text = found === undefined ? null : told(found.value, nameOfChange(change.change))
  return found === undefined || text === null ? null : claim('what_happened', text, [found.item, change.item])
}

function told(
  { repository, found, base, head, total, commits }: CommitsOutput,
  change: string,
): string | null {
  const name = plain(repository)
  const where = found === 'chosen' ? `${name} (the chosen repository of that name)` : name
  const isCompared = base !== null && head !== null
  if (total === 0)
    return isCompared ? `${sentence(change)} brought no commit of ${where} that was not out before.` : null
  const shown = commits.slice(0, SHOWN).map(({ sha, author, title }) => {
    const by = author === null ? '' : ` by ${plain(author, 40)}`
    return `${quoted(sha.slice(0, 12)) ?? 'one'} ${plain(title, 80)}${by}`
  })
  const rest = total > SHOWN ? [plural(total - SHOWN, 'other')] : []
  const how = isCompared ? `went out with ${change}` : `were made in the 24 hours before ${change}`
  const one = how.replace(/^were/, total === 1 ? 'was' : 'were')
  return `${counted(total, 'commit')} of ${where} ${one}: ${list([...shown, ...rest])}.`
}
