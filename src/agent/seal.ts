/** The one way from a tool's raw answer to evidence: redacted, scanned, trimmed. */

import type { EvidenceStatus, ToolErrorCode, Trust } from './evidence'
import { fit, isJsonArray, isJsonObject, startOf, toJson, type Json } from './json'
import { isSecretKey, redact } from './redact'
import type { ScanRule } from './injection-patterns'
import { scan } from './untrusted'

/** Bytes of stored output, at most. */
export const MAX_OUTPUT = 16_384
const MAX_COMMAND = 2000

/** What a tool has to say, before anyone may see it. */
export interface Draft {
  readonly command: string
  readonly status: EvidenceStatus
  readonly output: unknown
  /** The most that this kind of answer may be trusted. */
  readonly trust: Extract<Trust, 'high' | 'normal'>
  readonly errorCode?: ToolErrorCode
}

/** A result that may be stored, streamed and shown. `quarantined` names the rules of the scan that struck, for the security log. */
export interface ToolResult {
  readonly status: EvidenceStatus
  readonly command: string
  /** JSON text of at most 16 KiB. */
  readonly output: string
  readonly trust: Trust
  readonly truncated: boolean
  readonly errorCode: ToolErrorCode | null
  readonly quarantined: readonly ScanRule[]
}

/** Seals a draft. `secrets` are those of the connection in use. */
export function seal(draft: Draft, secrets: readonly string[] = []): ToolResult {
  const struck = new Set<ScanRule>()
  const cleanText = (text: string): string => {
    const scanned = scan(redact(text, secrets))
    if (scanned.trust === 'low') for (const rule of scanned.rules) struck.add(rule)
    return scanned.text
  }
  const clean = (value: Json): Json => {
    if (typeof value === 'string') return cleanText(value)
    // A card number stays one when it is sent as a number.
    if (typeof value === 'number')
      return value > 1e12 && redact(String(value)) !== String(value) ? '[REDACTED:card]' : value
    if (isJsonArray(value)) return value.map(clean)
    if (isJsonObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          cleanText(key),
          isSecretKey(key) && item !== null && item !== '' && typeof item !== 'object'
            ? '[REDACTED:assignment]'
            : clean(item),
        ]),
      )
    }
    return value
  }
  const output = fit(clean(toJson(draft.output)), MAX_OUTPUT)
  const command = cleanText(draft.command)
  return {
    status: draft.status,
    command: startOf(command, MAX_COMMAND),
    output: output.text,
    trust: struck.size > 0 ? 'low' : draft.trust,
    truncated: output.truncated || command.length > MAX_COMMAND,
    errorCode: draft.errorCode ?? null,
    quarantined: [...struck],
  }
}
