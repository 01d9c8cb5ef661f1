/** The tools that a run may use. Who has connections to other systems hands in more than the built-in ones. */
import type { ToolSet } from 'ai'
import { runTool, tools, toolSet } from '../tools'
import type { ToolContext, ToolOutcome } from '../tools/tool'

export interface Toolbox {
  readonly names: readonly string[]
  /** As the AI SDK offers them: without `execute`, so that the run makes the calls. */
  readonly offered: (names: readonly string[]) => ToolSet
  /** Whether a call leaves the house: those have a budget of their own. */
  readonly isExternal: (name: string) => boolean
  /** An unknown tool and bad arguments are refused, not thrown. */
  readonly run: (name: string, args: unknown, context: ToolContext) => Promise<ToolOutcome>
}

/** What reads our own rows. */
export const ownTools: Toolbox = {
  names: tools.map(({ name }) => name),
  offered: (names) => toolSet(names),
  isExternal: () => false,
  run: runTool,
}
