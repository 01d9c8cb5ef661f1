/** The last gate before a model: what is fenced is scanned and redacted once more, whatever way it came; the rest is redacted. */
import type { ModelMessage } from 'ai'
import type { Prompt } from '../builtin/prompt'
import { parseJson } from '../evidence'
import { isJsonArray, isJsonObject, toJson, type Json } from '../json'
import type { ScanRule } from '../injection-patterns'
import { redact } from '../redact'
import { fence, scan } from '../untrusted'
import type { Strike } from './state'

const FENCE = /<<<data ([0-9a-f]{32})\n([^\n]*)\n\1 end>>>/g

/** What may be sent, and what was taken out of it. */
export function sendable(prompt: Prompt): { readonly prompt: Prompt; readonly struck: readonly Strike[] } {
  const struck = new Map<string, Set<ScanRule>>()
  const strike = (place: string, rules: readonly ScanRule[]): void => {
    const known = struck.get(place) ?? new Set()
    for (const rule of rules) known.add(rule)
    struck.set(place, known)
  }
  const messages = prompt.messages.map((message) => cleanMessage(message, strike))
  return {
    prompt: { instructions: prompt.instructions, messages },
    struck: [...struck].map(([place, rules]) => ({ place, rules: [...rules] })),
  }
}

type StrikeAt = (place: string, rules: readonly ScanRule[]) => void

function cleanMessage(message: ModelMessage, strike: StrikeAt): ModelMessage {
  switch (message.role) {
    case 'user':
      return {
        ...message,
        content:
          typeof message.content === 'string'
            ? cleanText(message.content, strike)
            : message.content.map((part) =>
                part.type === 'text' ? { ...part, text: cleanText(part.text, strike) } : part,
              ),
      }
    case 'tool':
      return {
        ...message,
        content: message.content.map((part) =>
          part.type === 'tool-result' && part.output.type === 'text'
            ? { ...part, output: { ...part.output, value: cleanText(part.output.value, strike) } }
            : part,
        ),
      }
    case 'assistant':
      return typeof message.content === 'string' ? { ...message, content: redact(message.content) } : message
    case 'system':
      return message
  }
}

function cleanText(text: string, strike: StrikeAt): string {
  let result = ''
  let done = 0
  for (const match of text.matchAll(FENCE)) {
    const [whole, boundary = '', json = ''] = match
    result += redact(text.slice(done, match.index))
    result += fence(cleanValue(toJson(parseJson(json) ?? json), 'data', strike), boundary)
    done = match.index + whole.length
  }
  return result + redact(text.slice(done))
}

/** Evidence was sealed when it was stored; everything beside it is cleaned here. */
function cleanValue(value: Json, place: string, strike: StrikeAt): Json {
  if (typeof value === 'string') {
    const found = scan(redact(value))
    if (found.trust === 'low') strike(place, found.rules)
    return found.text
  }
  if (isJsonArray(value)) return value.map((item) => cleanValue(item, place, strike))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'evidence' && isSealed(item) ? item : cleanValue(item, place === 'data' ? key : place, strike),
    ]),
  )
}

const isSealed = (value: Json): boolean =>
  isJsonArray(value) && value.every((item) => isJsonObject(item) && 'tool' in item && 'trust' in item)
