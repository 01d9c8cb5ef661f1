/** Whose error lines to read: those of the leading suspects, in the first log source that knows any of them. */
import type { CaseFile } from '../analyst/case-file'
import { templateScore } from '../analyst/logs'
import { clock, list, plain, quoted } from '../analyst/wording'
import { askServices, toolsOf, type Asking } from './ask-services'
import type { Turn } from './investigate'

const LINES_TOLD = 2

export function logCalls(
  file: CaseFile,
  suspects: readonly string[],
  asking: Asking,
  offered: ReadonlySet<string>,
): Turn['calls'] {
  const knows = (tool: string): boolean => [...file.logged.values()].some((item) => item.tool === tool)
  const tools = toolsOf('service_logs', offered)
  const tool = tools.find(knows) ?? tools.find((one) => !asking.called.has(one))
  return tool === undefined ? [] : askServices(tool, file, suspects, asking)
}

/** What the lines added: those that are new, or that there are none. */
export function learnedFromLogs(file: CaseFile, fresh: ReadonlySet<number>): readonly string[] {
  const read = [...file.logged].filter(([, item]) => fresh.has(item.number)).map(([service]) => service)
  const grown = file.templates
    .filter(({ item }) => fresh.has(item.number))
    .map((line) => ({ ...line, score: templateScore(line.template, line.incident, line.baseline) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || b.incident - a.incident || (a.template < b.template ? -1 : 1))
  if (grown.length === 0)
    return read.length === 0 ? [] : [`The logs of ${list(read.map((one) => plain(one)))} show no new error.`]
  return grown.slice(0, LINES_TOLD).map(({ service, template, incident, baseline, since }) => {
    const from = since == null ? '' : `, from ${clock(Date.parse(since))} on`
    const line = quoted(template) ?? plain(template)
    return `${plain(service)} logs ${line} ${incident} times, against ${baseline} before${from}.`
  })
}
