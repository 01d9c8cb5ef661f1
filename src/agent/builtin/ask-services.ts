/** Asking a source about services: the leading suspects once, and once more when another one leads by then. */
import * as z from 'zod'
import type { CaseFile } from '../analyst/case-file'
import type { Candidate } from '../analyst/fusion'
import { serviceKey } from '../analyst/names'
import { readOutput } from '../evidence'
import { iso } from '../../lib/time'
import type { Turn } from './investigate'
import type { Transcript } from './transcript'

export type Asking = Pick<Transcript, 'evidence' | 'called' | 'fresh'>

const MAX_SERVICES = 4
const MAX_ROUNDS = 2
const LEADERS = 2

const asking = z.object({ asked: z.array(z.string()) })
const telling = z.object({ services: z.array(z.object({ service: z.string() })) })

/** Whom to ask about: the two that lead, whoever shows a sign, then the others, each by rank, then the rest of the scope. */
export function suspectsOf(
  { scope }: Pick<CaseFile, 'scope'>,
  candidates: readonly Candidate[],
): readonly string[] {
  const affected = candidates.filter(({ firstSign }) => firstSign !== null)
  const ranked = [...candidates.slice(0, LEADERS), ...affected, ...candidates].map(({ service }) => service)
  return [...new Map([...ranked, ...scope].map((service) => [serviceKey(service), service])).values()]
}

/** What clouds keep of everything that runs there is less than what somebody chose to watch elsewhere. */
const CLOUD = /^(?:aws|azure|gcp)_/

/** Tools of one verb, in an order that does not depend on who offers them: those that say most first. */
export const toolsOf = (verb: string, offered: ReadonlySet<string>): readonly string[] =>
  [...offered]
    .filter((name) => name.endsWith(`_${verb}`))
    .toSorted((a, b) => Number(CLOUD.test(a)) - Number(CLOUD.test(b)) || (a < b ? -1 : 1))

/** The services (by key) that these answers were asked about, known or not. */
export const askedIn = (answers: Asking['evidence']): ReadonlySet<string> =>
  new Set(answers.flatMap((item) => readOutput(item, asking)?.asked ?? []).map(serviceKey))

/** Those (by key) that they tell about. */
export const toldIn = (answers: Asking['evidence']): ReadonlySet<string> =>
  new Set(
    answers
      .flatMap((item) => readOutput(item, telling)?.services ?? [])
      .map(({ service }) => serviceKey(service)),
  )

/** The next call of this tool, none when it has told what it can. */
export function askServices(
  tool: string,
  { onset }: Pick<CaseFile, 'onset'>,
  suspects: readonly string[],
  { evidence, called, fresh }: Asking,
): Turn['calls'] {
  const answers = evidence.filter((item) => item.tool === tool)
  const asked = askedIn(answers)
  const [leader] = suspects
  const isOpen =
    answers.length === 0
      ? !called.has(tool)
      : answers.length < MAX_ROUNDS &&
        answers.every(({ status }) => status === 'success') &&
        // A call that the budget refused leaves nothing new; it is not made again.
        fresh.size > 0 &&
        !asked.has(serviceKey(leader ?? ''))
  const services = suspects.filter((service) => !asked.has(serviceKey(service))).slice(0, MAX_SERVICES)
  return isOpen && services.length > 0 ? [{ name: tool, args: { services, onset: iso(onset) } }] : []
}
