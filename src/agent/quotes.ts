/** What a text quotes, and the words of the evidence in which that has to stand. */
import { parseJson, type EvidenceItem } from './evidence'
import { textsOf, toJson } from './json'

/** Text in backticks or straight double quotes of four characters or more, as it is looked up. */
export const quotesIn = (text: string): readonly string[] =>
  [...text.matchAll(/`+([^`]+)`+|"([^"]+)"/g)]
    .map((match) => collapse(match[1] ?? match[2] ?? ''))
    .filter((quote) => quote.length >= 4)

/** Commands and outputs, raw and with the JSON escapes of their strings resolved; in lower case, white space collapsed. */
export const wordsOf = (items: readonly EvidenceItem[]): string =>
  collapse(
    items
      .flatMap(({ command, output }) => [command, output, ...textsOf(toJson(parseJson(output)))])
      .join('\n'),
  )

/** The text without numbers of evidence: typed into a text they are no citations. On one line. */
export const stripMarkers = (text: string): string =>
  text
    .replaceAll(/\s*\[\s*\d+(?:\s*[,;–-]\s*\d+)*\s*\]/g, '')
    .replaceAll(/[\r\n]+/g, ' ')
    .trim()

const collapse = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().toLowerCase()
