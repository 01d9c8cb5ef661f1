const WORD = /[\p{L}\p{N}]+(?:[._-][\p{L}\p{N}]+)*/gu
const FILLERS = new Set(
  'a an and are at do does for how in is it of on or our the there to was we what when where which who why with'.split(
    ' ',
  ),
)
const MOST = 10

/**
 * The words to look for in a text, each once, in lower case; those that stand everywhere are left away. They have letters
 * and digits, with single `.`, `_` and `-` between, and so mean nothing to a query language.
 */
export function searchWords(text: string): readonly string[] {
  const words = text.normalize('NFKC').toLowerCase().match(WORD) ?? []
  return [...new Set(words)].filter((word) => !FILLERS.has(word)).slice(0, MOST)
}
