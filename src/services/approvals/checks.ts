/** What asking and deciding have in common. */
import { canonicalJson } from '../../lib/canonical-json'
import { AppError } from '../../lib/errors'
import { sha256Hex } from '../../lib/hmac'
import type { ApprovalRow } from '../../store/approvals'
import { audit } from '../../store/audit'
import type { Statement } from '../../store/db'
import { announceIncident } from '../../store/feed'
import type { Ctx } from '../context'
import type { WriteTool } from './write-tool'
import { findWriteTool } from './write-tools'

/** Who asks or decides, and when; a run asks for the person in whose chat it answers. */
export type Asker = Pick<Ctx, 'db' | 'actor' | 'now'>

/** A tool that was dropped from the product since is as unknown as one that never was. @throws AppError invalid_state */
export function toolOf(name: string): WriteTool {
  const tool = findWriteTool(name)
  if (tool === null) throw new AppError('invalid_state', 'There is no such tool any more')
  return tool
}

export const switchedOff = () =>
  new AppError('feature_disabled', 'The organisation has switched this tool off')

/** What an approval covers. */
export const hashOf = (tool: string, args: unknown): Promise<string> =>
  sha256Hex(canonicalJson({ tool, args }))

/** The record of a step, for its batch: the audit log, and a word to whoever follows the incident. */
export const recorded = (
  { db, actor, now }: Asker,
  { id, incidentId }: Pick<ApprovalRow, 'id' | 'incidentId'>,
  verb: 'request' | 'approve' | 'deny',
  after: Readonly<Record<string, unknown>>,
): Statement[] => [
  audit(db, { event: `approval.${verb}`, actor: actor.userId, subject: id, after, at: now }),
  announceIncident(db, incidentId, 'updated', now),
]
