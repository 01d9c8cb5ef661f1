/** A model's answer as it is stored: what it cites exists, what it quotes is cited, and it leads nowhere else. */
import type { EvidenceItem } from '../evidence'
import { readSaid, unfounded } from '../grounding'
import { wordsOf } from '../quotes'
import { redact } from '../redact'
import { citedIn } from './answer'

const MARKER = /\s?\[(\d+(?:\s*,\s*\d+)*)\]/g
const IMAGE = /!\[([^\]]*)\]\([^)]*\)/g
const LINK = /\[([^\]]*)\]\((https?:\/\/[^)\s]*)[^)]*\)/g
const BARE_URL = /(?<![("\w])https?:\/\/[^\s<>"')\]]+/g

export interface Checked {
  readonly text: string
  readonly cited: readonly number[]
  /** Markers of evidence that does not exist, and addresses that no evidence names. */
  readonly removed: number
}

const UNPROVEN = '_No stored evidence is cited for this answer: treat it as an opinion._'
const UNFOUND = (words: string): string =>
  `_Not found in the cited evidence: ${words.replaceAll(/[_\n]/g, ' ')}. Check it before you rely on it._`

/** Checks an answer of a model. Nobody reads through a picture's address what the model knows. */
export function checkAnswer(text: string, evidence: readonly EvidenceItem[]): Checked {
  const known = new Set(evidence.map(({ number }) => number))
  const all = evidence.map((item) => `${item.command}\n${item.output}`).join('\n')
  let removed = 0
  const gone = (instead: string): string => {
    removed++
    return instead
  }
  const plain = redact(text)
    .replaceAll(IMAGE, (_, label: string) => gone(label))
    .replaceAll(LINK, (whole, label: string, url: string) => (all.includes(url) ? whole : gone(label)))
    .replaceAll(BARE_URL, (url) =>
      all.includes(url.replace(/[.,;:]+$/, '')) ? url : gone('(address removed)'),
    )
    .replaceAll(MARKER, (whole, numbers: string) => {
      const real = numbers.split(',').filter((part) => known.has(Number(part.trim())))
      if (real.length === numbers.split(',').length) return whole
      return gone(real.length === 0 ? '' : ` [${real.map((part) => part.trim()).join(', ')}]`)
    })
    .trim()
  const cited = citedIn(plain, known)
  if (evidence.length === 0) return { text: plain, cited, removed }
  if (cited.length === 0) return { text: `${plain}\n\n${UNPROVEN}`, cited, removed }
  const words = wordsOf(evidence.filter(({ number }) => cited.includes(number)))
  const stray = unfounded(plain.replaceAll(MARKER, '').replaceAll(/^\s*\d+\.\s/gm, ''), readSaid(words))
  return { text: stray === null ? plain : `${plain}\n\n${UNFOUND(stray)}`, cited, removed }
}
