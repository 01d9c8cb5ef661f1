/**
 * The one turn in which a model may ask for a write. It comes before anything is read: a person's words are all that the model
 * is told, so no alert, log or document can have asked.
 */
import type { ToolSet } from 'ai'
import { askModel, type AskDeps, type Asked } from './ask-model'
import type { Assistant } from './state'

const INSTRUCTIONS = `A person of an operations team writes to you. Your only task: if they tell you to write something at another system, call the tool that does exactly that. People decide afterwards whether it is carried out.

Call a tool only for what the person tells you to do now, in so many words, and only when they name everything that it needs. Copy ids and names as they stand; never guess one. A question, a report or a wish for advice is no order. When there is nothing to call, answer "none".`

/** What a model makes of a person's words, with tools that write. */
export const askForWrites = (
  words: string,
  tools: ToolSet,
  deps: AskDeps,
  assistant: Assistant,
): Promise<Asked> =>
  askModel(
    { prompt: { instructions: INSTRUCTIONS, messages: [{ role: 'user', content: words }] }, tools },
    // Nobody is to read along: the answer comes later.
    { ...deps, onText: () => {} },
    assistant,
  )
