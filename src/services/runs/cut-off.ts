/**
 * Steps that are cut off again and again. What a step asks of others can be the reason: an answer that is too much for the
 * object, or one that takes longer than the process lives. So the step is tried without it before the run is given up.
 */
import { ownTools, type Toolbox } from '../../agent/run/toolbox'
import { seal } from '../../agent/seal'
import { commandOf } from '../../agent/tools/tool'
import type { RunRow } from '../../store/run-rows'

/** Claims of one step. Before the first of them, whoever held the run may have tried already. */
const WITH_OTHERS = 2
const IN_ALL = 5

type Claims = Pick<RunRow, 'stalledClaims'>

/** Whether this claim's step keeps to itself: it calls no model and no other system. */
export const keepsToItself = ({ stalledClaims }: Claims): boolean => stalledClaims > WITH_OTHERS

/** Whether not even that helped. */
export const isStuck = ({ stalledClaims }: Claims): boolean => stalledClaims > IN_ALL

/** The same tools, of which those that leave the house have come back without an answer. */
export const withoutOthers = (toolbox: Toolbox): Toolbox => ({
  ...toolbox,
  run: async (name, args, context) => {
    if (!toolbox.isExternal(name)) return ownTools.run(name, args, context)
    const failed = { status: 'error', output: { error: 'timeout' }, errorCode: 'timeout' } as const
    return { kind: 'evidence', result: seal({ command: commandOf(name, args), trust: 'normal', ...failed }) }
  },
})
