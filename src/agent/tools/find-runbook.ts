import * as z from 'zod'
import { foundDocument, isNothing, linkedBy, merged, searched, searchedIn } from './documents'
import { tool } from './tool'

const LISTED = 8

/** Output of `find_runbook`: those about the alert first. */
export const findRunbookOutput = z.object({
  runbooks: z.array(foundDocument.extend({ about: z.enum(['alert', 'service']) })),
  searched,
})
export type FoundRunbooks = z.infer<typeof findRunbookOutput>

/** Characters of a name. */
export const LONGEST_NAME = 300

const name = z.string().min(1).max(LONGEST_NAME).optional()

/** Where it is written down what to do about an alert: what its likes link to, and what knowledge systems have. */
export const findRunbook = tool({
  name: 'find_runbook',
  description:
    'Runbooks for an alert of a service: those that such alerts link to, and documents of connected knowledge systems that name the alert, or that are runbooks and name the service.',
  access: 'read',
  input: z
    .strictObject({ service: name, alertname: name })
    .refine(({ service, alertname }) => service !== undefined || alertname !== undefined, {
      message: 'service or alertname is needed',
      path: ['alertname'],
    }),
  mints: 'if_found',
  run: async ({ service, alertname }, { reads, documents }) => {
    const names = [service, alertname].filter((one) => one !== undefined)
    const [own, systems] = await Promise.all([
      reads.documents({ names, words: [] }),
      documents?.(['runbook', ...names].join(' ').slice(0, MOST_ASKED)) ?? [],
    ])
    const answers = [linkedBy(own.runbooks), ...systems]
    const runbooks = merged(answers)
      .flatMap((document) => {
        const about = aboutOf(document, service, alertname)
        return about === null ? [] : [{ ...document, about }]
      })
      .toSorted((a, b) => (a.about === b.about ? 0 : a.about === 'alert' ? -1 : 1))
      .slice(0, LISTED)
    const asked = searchedIn(answers)
    const output: FoundRunbooks = { runbooks, searched: asked }
    return { status: isNothing(runbooks, asked) ? 'empty' : 'success', output, trust: 'normal' }
  },
})

/** Characters of a question to knowledge systems. */
const MOST_ASKED = 300
const CALLED_RUNBOOK =
  /\b(?:run ?book|play ?book|troubleshoot\w*|sop|(?:operating|emergency) procedures?)s?\b/

/** What a document is about; null where it is no runbook for these. */
function aboutOf(
  { source, title, excerpt }: z.infer<typeof foundDocument>,
  service: string | undefined,
  alertname: string | undefined,
): 'alert' | 'service' | null {
  if (isNamed(title, alertname)) return 'alert'
  // Alerts that link to it are of this service.
  if (source === 'alerts') return 'service'
  if (!CALLED_RUNBOOK.test(wordsOf(title))) return null
  if (isNamed(excerpt, alertname)) return 'alert'
  return isNamed(`${title} ${excerpt}`, service) ? 'service' : null
}

/** Whether a text has a name, written in whatever case: `HighErrorRate`, `high-error-rate`, `High error rate`. */
const isNamed = (text: string, named: string | undefined): boolean => {
  const words = wordsOf(named ?? '')
  return words.trim() !== '' && wordsOf(text).includes(words)
}

const wordsOf = (text: string): string => {
  const spread = text.normalize('NFKC').replaceAll(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/gu, ' ')
  return ` ${(spread.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')} `
}
