/** What a step of a run is given and what it hands back. Both are plain values, so a step can be repeated after a crash. */
import type { Candidate } from '../analyst/fusion'
import type { LanguageModel, ModelMessage } from 'ai'
import * as z from 'zod'
import type { EvidenceItem } from '../evidence'
import type { IncidentFacts, Reads } from '../facts'
import type { DroppedClaim, Findings, ValidatedFindings } from '../findings'
import { hypothesis } from '../hypotheses'
import type { ToolResult } from '../seal'
import { submissionSchema } from '../submission'
import type { Suggestion } from '../suggestions'
import type { ScanRule } from '../injection-patterns'
import type { ModelUse } from './model-turn'
import type { Toolbox } from './toolbox'

export const STEPS = ['context', 'plan', 'tools', 'conclude', 'summarise', 'suggest', 'notify'] as const
export type Step = (typeof STEPS)[number]

/** What the second look came to. It can only take away. */
export const reviewSchema = z.strictObject({
  /** Places of the claims that the evidence refutes or does not bear, from 1. */
  refuted: z.array(z.int().positive()).max(30),
  verdict: z.enum(['inconclusive', 'likely', 'confirmed']),
  reason: z.string().max(1000),
})

/** The part of a checkpoint that is stored as it is; the rest is rebuilt from evidence, which is stored, too. */
export const checkpointSchema = z.object({
  v: z.literal(1).default(1),
  /** Context updates up to this number have been read. */
  contextCursor: z.int().default(0),
  /** How often news sent the run back to its tools. */
  returns: z.int().default(0),
  /** The conclusion that was told before news sent the run back. */
  concluded: z.string().nullable().default(null),
  /** Tools called so far, also those that found nothing. */
  calls: z.array(z.string()).default([]),
  /** What the model noted. */
  hypotheses: z.array(hypothesis).default([]),
  /** In a chat: what became of the writes that were asked for, in words; null before anybody was asked. */
  proposals: z.array(z.string()).nullable().default(null),
  modelTurns: z.int().default(0),
  /** Calls of tools that read our own rows, and of those that ask other systems. */
  toolCalls: z.int().default(0),
  externalCalls: z.int().default(0),
  /** Whose turn it is: the rules', the model's, or the model's second look at its own findings. */
  phase: z.enum(['rules', 'model', 'review']).default('rules'),
  /** What the model was told first: messages and evidence up to these counts are the rules' own. */
  opening: z.object({ messages: z.int(), evidence: z.int(), boundary: z.string() }).nullable().default(null),
  /** The vendor refused the length of what was sent: from now on it is told half as much. */
  halved: z.boolean().default(false),
  review: reviewSchema.nullable().default(null),
  degraded: z.string().nullable().default(null),
  budgetExhausted: z.string().nullable().default(null),
  /** What the analyst submitted, not yet checked against the evidence. */
  findings: submissionSchema.nullable().default(null),
  /** News that came too late for the analysis. */
  late: z.array(z.string()).default([]),
  /** Written by `summarise` and `suggest`: our own values, stored whole. */
  validated: z.custom<ValidatedFindings>().nullable().default(null),
  suggestions: z.custom<readonly Suggestion[]>().default([]),
  invalidSubmissions: z.int().default(0),
})
export type Checkpoint = z.output<typeof checkpointSchema>

/** A message of the run's conversation with its model; what tools found is named by its key and stored as evidence. */
export type StoredMessage =
  | { readonly role: 'assistant'; readonly message: ModelMessage }
  | { readonly role: 'tool'; readonly results: readonly StoredResult[]; readonly boundary?: string }
  | {
      readonly role: 'news'
      readonly keys: readonly string[]
      readonly boundary?: string
      /** What people of the organisation said meanwhile, in their words. */
      readonly said?: readonly string[]
    }
  /** Our own word to the model. */
  | { readonly role: 'note'; readonly text: string }

export interface StoredResult {
  readonly toolCallId: string
  readonly toolName: string
  /** The evidence that the call minted, or an earlier one that answered it. */
  readonly key: string | null
  /** What was said instead when nothing was minted: JSON text. */
  readonly answer: string | null
}

/** Evidence of this run, with the key of the call that brought it. */
export interface RunEvidence extends EvidenceItem {
  readonly key: string
}

/** Something that happened to the incident while the run was at work. */
export interface News {
  readonly seq: number
  readonly kind: string
  readonly alertId: string | null
  readonly text: string
  readonly service: string | null
}

/** What a run may use before it has to conclude. */
export interface RunLimits {
  readonly modelTurns: number
  readonly toolCalls: number
  readonly externalCalls: number
  /** ms since the epoch */
  readonly endsAt: number
}

export interface RunState {
  /** Without them the product's own apply. */
  readonly limits?: RunLimits
  readonly runId: string
  readonly incident: IncidentFacts
  readonly step: Step
  readonly iteration: number
  readonly checkpoint: Checkpoint
  readonly evidence: readonly RunEvidence[]
  /** The incident has more evidence than is read at once: the first of this run's may be missing. */
  readonly isCut?: boolean
  readonly messages: readonly StoredMessage[]
  readonly news: readonly News[]
}

type ThoughtType = 'analysis' | 'observation' | 'hypothesis' | 'action' | 'conclusion'

export interface NewThought {
  readonly type: ThoughtType
  readonly content: string
}

export interface NewEvidence {
  readonly key: string
  readonly tool: string
  readonly result: ToolResult
  readonly executedAt: number
  readonly durationMs: number
}

type RankedService = Pick<Candidate, 'service' | 'score' | 'components'>

/** What a finished investigation publishes. */
export interface Publication {
  readonly summary: string
  readonly findings: Findings
  readonly dropped: readonly DroppedClaim[]
  readonly suggestions: readonly Suggestion[]
  /** Numbers that the summary cites. */
  readonly cited: readonly number[]
  readonly verdict: 'confirmed' | 'likely' | 'inconclusive'
  readonly confidence: number
  readonly mechanism: string
  readonly rootCauseService: string | null
  /** Who could be at fault by the rules' arithmetic, the first suspect first, with the parts of their scores. */
  readonly candidates: readonly RankedService[]
  /** Used only where nobody gave one. */
  readonly severity: IncidentFacts['severity']
  readonly analyst: 'builtin' | 'model'
}

export interface StepResult {
  readonly next: { readonly step: Step; readonly iteration: number } | 'end'
  readonly checkpoint: Checkpoint
  readonly thoughts: readonly NewThought[]
  readonly evidence: readonly NewEvidence[]
  readonly messages: readonly StoredMessage[]
  /** Set by the last step. */
  readonly publication: Publication | null
  /** The call of a language model that this step made. */
  readonly spent: Spent | null
  /** Text that was kept from the model, for the security log. */
  readonly struck: readonly Strike[]
}

/** A reserved call with what it used, to be settled in the batch of its step. */
export interface Spent {
  readonly attempt: number
  readonly use: ModelUse
  readonly outcome: 'ok' | 'error' | 'aborted'
  readonly problem: string | null
}

/** Outside text that was quarantined before a model saw it. */
export interface Strike {
  readonly place: string
  readonly rules: readonly ScanRule[]
}

type Reservation =
  | { readonly ok: true; readonly attempt: number; readonly maxOutputTokens: number }
  /** Null: the run is no longer ours. */
  | { readonly ok: false; readonly limit: string | null }

/** A language model that goes on where the rules end, with the purse that pays for it. */
export interface Assistant {
  readonly model: LanguageModel
  readonly contextTokens: number
  readonly toolMode: 'native' | 'json'
  /** Sets the worst case of a call aside before it is made. */
  readonly reserve: (inputTokens: number) => Promise<Reservation>
}

/** What a step may use besides its state. */
export interface RunDeps {
  /** Null: there is no language model, and the rules' findings are all there is. */
  readonly assistant?: Assistant | null
  /** Without it, the tools that read our own rows. */
  readonly tools?: Toolbox
  readonly reads: Reads
  readonly now: () => number
  /** 32 random hex digits, fresh each time. */
  readonly boundary: () => string
  /** Text of the model as it arrives. */
  readonly onText: (delta: string) => void
  readonly signal: AbortSignal
}

export const advance = (
  state: RunState,
  step: Step,
  rest: Partial<Omit<StepResult, 'next'>> = {},
  iteration = 0,
): StepResult => ({
  next: { step, iteration },
  checkpoint: state.checkpoint,
  thoughts: [],
  evidence: [],
  messages: [],
  publication: null,
  spent: null,
  struck: [],
  ...rest,
})
