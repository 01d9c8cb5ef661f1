/** A model's wording of a postmortem: what the findings say, said better, with their numbers and nothing besides. */
import type { ToolSet } from 'ai'
import * as z from 'zod'
import { RULES_OF_DATA, type Prompt } from '../builtin/prompt'
import { parseJson, type EvidenceItem } from '../evidence'
import { borne, type Claim } from '../findings'
import { quotesIn } from '../quotes'
import { fence } from '../untrusted'
import { askModel, type AskDeps, type Asked } from './ask-model'
import { excerpt, firstLine, fitted, roomFor } from './shorten'
import type { Assistant } from './state'

const SUBMIT_WORDING = 'submit_wording'

const text = z.string().min(1).max(1000)
const place = z.int().positive()
const sentence = z.strictObject({
  text,
  /** Places of the claims that it rests on, from 1. */
  claims: z.array(place).min(1).max(20),
})
const wordingSchema = z.strictObject({
  summary: z.array(sentence).max(8),
  claims: z.array(z.strictObject({ place, text })).max(30),
  lessons: z.array(sentence).max(8),
})

const INSTRUCTIONS = `You word the postmortem of an incident for people who were not there. What happened stands in the claims in the data, each with its place and the numbers of its evidence. You may say them better; you may not say anything else.

Call submit_wording with
- "summary": three to six sentences that tell the story from the first sign to the end,
- "claims": claims that read better in your words, by place; leave out those that are well as they are,
- "lessons": what this incident teaches, for the system and for the way people work on it; blame nobody.

Each sentence of summary and lessons names the places of the claims that it rests on. The numbers of evidence come from those claims: type none into a text. Every number, time, quote, and name in a text must stand in the evidence of its claims; it is dropped otherwise. Keep the names that a claim names, and how sure it is.

${RULES_OF_DATA}`

const tools: ToolSet = {
  [SUBMIT_WORDING]: {
    description: 'Hands in the wording of the postmortem.',
    inputSchema: wordingSchema,
  },
}

/** What there is to word. */
export interface Worded {
  readonly title: string
  /** The text as the rules write it. */
  readonly draft: string
  readonly verdict: string
  readonly rootCauseService: string | null
  readonly claims: readonly Claim[]
  /** What the claims cite. */
  readonly evidence: readonly EvidenceItem[]
}

type Sentence = Pick<Claim, 'text' | 'evidence'>

/** What was kept of a model's wording. */
export interface Wording {
  readonly summary: readonly Sentence[]
  readonly claims: readonly Claim[]
  readonly lessons: readonly Sentence[]
  /** Whether any of it is the model's. */
  readonly isModel: boolean
}

/** Asks a model for its wording. */
export const askForWording = (
  worded: Worded,
  halved: boolean,
  deps: AskDeps,
  assistant: Assistant,
): Promise<Asked> =>
  askModel(
    { prompt: promptOf(worded, halved, deps.boundary(), assistant), tools, mustCall: SUBMIT_WORDING },
    { ...deps, onText: () => {} },
    assistant,
  )

function promptOf(
  { title, draft, verdict, claims, evidence }: Worded,
  halved: boolean,
  boundary: string,
  { contextTokens }: Assistant,
): Prompt {
  const build = (reduced: number): Prompt['messages'] => {
    const block = {
      kind: 'postmortem',
      title,
      verdict,
      claims: claims.map((claim, index) => ({ place: index + 1, ...claim })),
      draft,
      evidence: evidence
        .map((item, index) => (index < reduced ? firstLine(item) : excerpt(item, contextTokens)))
        .map(({ number, tool, command, trust, output }) => ({
          number,
          tool,
          command,
          trust,
          output: parseJson(output) ?? output,
        })),
    }
    return [{ role: 'user', content: `Word this postmortem.\n\n${fence(block, boundary)}` }]
  }
  return {
    instructions: INSTRUCTIONS,
    messages: fitted(build, evidence.length, roomFor(contextTokens, halved)),
  }
}

/** What of an answer stands. What does not, the rules say in their words. */
export function wordingFrom(asked: Extract<Asked, { readonly kind: 'turn' }>, worded: Worded): Wording {
  const { claims } = worded
  const call = asked.said.calls.find(({ toolName }) => toolName === SUBMIT_WORDING)
  const parsed = wordingSchema.safeParse(call?.args)
  if (asked.said.cutOff || !parsed.success) return { summary: [], claims, lessons: [], isModel: false }
  const said = parsed.data
  const reworded = claims.map((claim, index) => {
    const offered = said.claims.find((one) => one.place === index + 1)?.text
    // In other words it still names what it named.
    const isKept = offered !== undefined && quotesIn(claim.text).every((name) => mentions(offered, name))
    return isKept ? (reworkedFrom([claim], offered, worded) ?? claim) : claim
  })
  const sentences = (given: readonly z.output<typeof sentence>[]): readonly Sentence[] =>
    given.flatMap(({ text: words, claims: places }) => {
      const on = [...new Set(places)].flatMap((one) => claims[one - 1] ?? [])
      return reworkedFrom(on, words, worded) ?? []
    })
  const [summary, lessons] = [sentences(said.summary), sentences(said.lessons)]
  const isModel =
    summary.length + lessons.length > 0 || reworded.some((claim, index) => claim !== claims[index])
  return { summary, claims: reworded, lessons, isModel }
}

/** A text in place of claims, with their evidence: null where that does not bear it, or where it shifts what they say. */
function reworkedFrom(
  claims: readonly Claim[],
  words: string,
  { verdict, rootCauseService, evidence }: Worded,
): Claim | null {
  const cause = claims.find(({ section }) => section === 'root_cause')
  const section = cause?.section ?? claims[0]?.section
  if (section === undefined) return null
  // A candidate that nobody could prove stays in the words of whoever named it.
  if (cause !== undefined && verdict === 'inconclusive') return null
  const service = rootCauseService ?? ''
  if (cause !== undefined && mentions(cause.text, service) && !mentions(words, service)) return null
  const numbers = [...new Set(claims.flatMap((claim) => claim.evidence))].toSorted((a, b) => a - b)
  return borne({ section, text: words, evidence: numbers, origin: 'model' }, evidence)
}

const mentions = (words: string, name: string): boolean => words.toLowerCase().includes(name.toLowerCase())
