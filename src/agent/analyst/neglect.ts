/** Consumers that leave their work lying: they call the queue, and yet it is the queue that suffers. */

import type { EdgeFacts } from '../facts'
import { earliest, fall, firstSign, rise, symptomsOf, type Seen } from './signs'
import type { Profile } from './shapes'

/** What grows where nobody fetches. */
const HELD: readonly Profile[] = ['backlog', 'memory']

/** The caller stopped before the called service showed a sign, and all that this shows is that it holds more than usual. */
export function neglects(file: Seen, { from, to }: EdgeFacts): boolean {
  const [stopped, sign] = [stoppedAt(file, from), firstSign(file, to)]
  const holdsMore = rise(file, to, HELD) !== null
  const isWellElse = symptomsOf(file, to).every(({ profile }) => HELD.includes(profile))
  return stopped !== null && sign !== null && stopped < sign && holdsMore && isWellElse
}

/** When a service began to restart or to do less than before, ms; null when it did neither. */
export const stoppedAt = (file: Seen, service: string): number | null =>
  earliest([fall(file, service, ['request_rate']), rise(file, service, ['restarts', 'oom_kills'])])
