/** The tools of the agent, by name. */

import type { ToolSet } from 'ai'
import { alertHistory } from './alert-history'
import { alertTimeline } from './alert-timeline'
import { findRunbook } from './find-runbook'
import { getAlertPayload } from './get-alert-payload'
import { knowledgeSearch } from './knowledge-search'
import { noteHypothesis } from './note-hypothesis'
import { readEvidence } from './read-evidence'
import { recentChanges } from './recent-changes'
import { recentIncidents } from './recent-incidents'
import { serviceTopology } from './service-topology'
import { similarIncidents } from './similar-incidents'
import { submitFindings } from './submit-findings'
import type { Tool, ToolContext, ToolOutcome } from './tool'

/** Run by the `context` step before anything is asked of a model, without arguments, in this order. */
export const contextTools = [alertTimeline, recentChanges, serviceTopology, similarIncidents] as const

export const tools: readonly Tool[] = [
  ...contextTools,
  getAlertPayload,
  alertHistory,
  recentIncidents,
  knowledgeSearch,
  findRunbook,
  readEvidence,
  noteHypothesis,
  submitFindings,
]

/** The name of the call that ends an investigation. */
export const SUBMIT_FINDINGS = submitFindings.name

/** What only an investigation has a place for. */
export const investigationOnly: ReadonlySet<string> = new Set([noteHypothesis.name, SUBMIT_FINDINGS])

/** Runs one call. An unknown tool and bad arguments are refused, not thrown; only a failing read throws. */
export async function runTool(
  name: string,
  args: unknown,
  context: ToolContext,
  from: readonly Tool[] = tools,
): Promise<ToolOutcome> {
  const found = from.find((candidate) => candidate.name === name)
  if (found === undefined)
    return {
      kind: 'refused',
      code: 'invalid_arguments',
      message: `There is no tool named ${name.slice(0, 64)}.`,
    }
  return found.run(args, context)
}

/** The tools as the AI SDK offers them to a model: without `execute`, so that the run makes the calls. */
export function toolSet(
  names: readonly string[] = tools.map((item) => item.name),
  from: readonly Tool[] = tools,
): ToolSet {
  return Object.fromEntries(
    from
      .filter((item) => names.includes(item.name))
      .map((item) => [item.name, { description: item.description, inputSchema: item.input }]),
  )
}
