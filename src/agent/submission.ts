/** What an analyst hands in at its end: findings, and what a person could do next. */
import * as z from 'zod'
import { findingsSchema } from './findings'
import { suggestionTypes } from './suggestions'

/** A model's own suggestion. Its risk is not asked for: code decides it. */
const suggestion = z.strictObject({
  type: z.enum(suggestionTypes),
  title: z.string().min(1).max(200),
  description: z.string().min(1).max(2000),
  command: z.string().max(4000).nullable().default(null),
  rationale: z.string().min(1).max(1000),
  undo: z.string().max(1000).nullable().default(null),
  evidence: z.array(z.int().positive()).max(20),
})
export type SubmittedSuggestion = z.output<typeof suggestion>

/** The argument of `submit_findings`; unknown keys are refused. */
export const submissionSchema = findingsSchema.extend({
  suggestions: z.array(suggestion).max(8).default([]),
})
