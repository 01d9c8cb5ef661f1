import { usageOfUser } from '../store/investigations'
import type { Ctx } from './context'

export type ModelUse = Awaited<ReturnType<typeof readModelUse>>[number]

/** What the caller's own requests used of language models, the most used first. */
export const readModelUse = ({ db, actor }: Ctx) => usageOfUser(db, actor.userId)
