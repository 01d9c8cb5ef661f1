import { analyse } from '../analyst/analyse'
import { feedThoughts, finishThoughts, startThoughts } from '../thoughts'
import type { NewThought, RunState, StoredMessage } from './state'

/** A turn's text as thoughts: whole sentences, the rest however short. What was said before, or `conclude` will say, is not said twice. */
export function thoughtsOf(text: string, { evidence, messages }: RunState): readonly NewThought[] {
  const { observation, conclusion } = analyse(evidence)
  const said = [observation, conclusion, ...messages.map(textOf)]
  const { state, thoughts } = feedThoughts(startThoughts(0), text, 0)
  return [...thoughts, ...finishThoughts(state)]
    .filter((content) => !said.some((words) => words.includes(content)))
    .map((content): NewThought => ({ type: 'analysis', content }))
}

function textOf(stored: StoredMessage): string {
  if (stored.role !== 'assistant') return ''
  const { content } = stored.message
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
