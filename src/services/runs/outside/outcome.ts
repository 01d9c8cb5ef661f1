/** What every tool without a credential shares: its rules on the way out, and how a refusal is told. */
import * as z from 'zod'
import type { Refusal } from '../../../connectors/outcome'
import type { Draft } from '../../../agent/seal'
import { ownHosts, type Ports } from '../../connectors/ports'
import { toolErrorOf } from '../tool-errors'

export type Told = Omit<Draft, 'command'>

/** An address, as a tool takes it. */
export const address = z
  .string()
  .max(2000)
  .refine((text) => URL.canParse(text), 'Invalid URL')

/** Milliseconds that one call of a tool may take. */
const TOOL_MS = 10_000

export const rulesOf = (ports: Ports) => ({
  ownHosts: ownHosts(ports),
  signal: AbortSignal.timeout(TOOL_MS),
  ...(ports.http === undefined ? {} : { http: ports.http }),
})

export const told = (output: unknown): Told => ({ status: 'success', output, trust: 'normal' })

/** A refusal is evidence of its own, so that it is counted, shown and noted in the security log. */
export const denied = (reason: string): Told => failedWith({ kind: 'blocked', text: reason })

export function failedWith(refusal: Refusal): Told {
  const code = refusal.kind === 'no_resources' ? 'not_found' : toolErrorOf(refusal.kind)
  const reason = refusal.kind === 'blocked' ? { reason: refusal.text } : {}
  return { status: 'error', output: { error: code, ...reason }, trust: 'normal', errorCode: code }
}
