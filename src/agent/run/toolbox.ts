/** The tools that a run may use. Who has connections to other systems hands in more than the built-in ones. */
import type { ToolSet } from 'ai'
import { runTool, tools, toolSet } from '../tools'
import type { Tool, ToolContext, ToolOutcome } from '../tools/tool'

export interface Toolbox {
  readonly names: readonly string[]
  /** As the AI SDK offers them: without `execute`, so that the run makes the calls. */
  readonly offered: (names: readonly string[]) => ToolSet
  /** Whether a call leaves the house: those have a budget of their own. */
  readonly isExternal: (name: string) => boolean
  /** An unknown tool and bad arguments are refused, not thrown. */
  readonly run: (name: string, args: unknown, context: ToolContext) => Promise<ToolOutcome>
}

/**
 * @param isExternal whether calls of these tools leave the house
 * @param further what these tools may use besides what the run hands them
 */
export const toolboxFrom = (
  from: readonly Tool[],
  isExternal: boolean,
  further: Pick<ToolContext, 'documents'> = {},
): Toolbox => ({
  names: from.map(({ name }) => name),
  offered: (names) => toolSet(names, from),
  isExternal: (name) => isExternal && from.some((tool) => tool.name === name),
  run: (name, args, context) => runTool(name, args, { ...context, ...further }, from),
})

/** What reads our own rows. */
export const ownTools: Toolbox = toolboxFrom(tools, false)

/** Several toolboxes as one; the first one speaks for tools that none of them has. */
export const joined = (first: Toolbox, ...others: readonly Toolbox[]): Toolbox => {
  const holderOf = (name: string): Toolbox => others.find(({ names }) => names.includes(name)) ?? first
  const all = [first, ...others]
  return {
    names: all.flatMap(({ names }) => names),
    offered: (names) => Object.fromEntries(all.flatMap((one) => Object.entries(one.offered(names)))),
    isExternal: (name) => holderOf(name).isExternal(name),
    run: (name, args, context) => holderOf(name).run(name, args, context),
  }
}

/** The toolbox without these tools: they are not offered, and a call of one is refused. */
export const without = (toolbox: Toolbox, off: ReadonlySet<string>): Toolbox => ({
  ...toolbox,
  names: toolbox.names.filter((name) => !off.has(name)),
  offered: (names) => toolbox.offered(names.filter((name) => !off.has(name))),
  run: async (name, args, context) =>
    off.has(name)
      ? { kind: 'refused', code: 'policy_denied', message: 'The organisation has switched this tool off.' }
      : toolbox.run(name, args, context),
})
