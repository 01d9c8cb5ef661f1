/** What to ask platforms about the leading suspects: every one of them, since each sees something else. */
import type { CaseFile } from '../analyst/case-file'
import { plain } from '../analyst/wording'
import { askServices, toolsOf, type Asking } from './ask-services'
import type { Turn } from './investigate'

const TEXTS_TOLD = 3

export const eventCalls = (
  file: CaseFile,
  suspects: readonly string[],
  asking: Asking,
  offered: ReadonlySet<string>,
): Turn['calls'] =>
  toolsOf('service_events', offered).flatMap((tool) => askServices(tool, file, suspects, asking))

export const learnedFromEvents = ({ events }: CaseFile, fresh: ReadonlySet<number>): readonly string[] =>
  events
    .filter(({ item }) => fresh.has(item.number))
    .slice(0, TEXTS_TOLD)
    .map(({ service, text }) => `Of ${plain(service)}: ${plain(text, 240)}`)
