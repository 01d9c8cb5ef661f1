/**
 * Lines that say the same with other words in some places, after "Drain: An Online Log Parsing Approach with Fixed Depth
 * Tree" (He et al., 2017): a tree of fixed depth by number of words and first words, at its leaves groups of similar lines.
 * Ours takes the lines in alphabetical order, so that the same lines give the same groups, and decides at the end what
 * varies: a place with digits, or with many different words. Few different words are different messages.
 */

/** First words that the tree branches on. */
const DEPTH = 2
/** Share of equal words from which a line belongs to a group. */
const SIMILAR = 0.5
/** Different plain words in one place from which they are values. */
const MANY = 8
/** Groups of a leaf that a line is compared with: where nothing is like anything, comparing all would take for ever. */
const COMPARED = 100
const WILD = '<*>'

type Words = readonly string[]

interface Group {
  readonly common: string[]
  readonly members: Words[]
}

/** The template of each line. */
export function drain(lines: Iterable<string>): ReadonlyMap<string, string> {
  const leaves = new Map<string, Group[]>()
  for (const line of [...new Set(lines)].toSorted()) {
    const words = line.split(' ')
    const path = [words.length, ...words.slice(0, DEPTH).map((word) => (isValue(word) ? WILD : word))].join(
      ' ',
    )
    const groups = leaves.get(path) ?? []
    leaves.set(path, groups)
    const nearest = nearestOf(groups, words)
    if (nearest === null) groups.push({ common: [...words], members: [words] })
    else {
      nearest.members.push(words)
      for (const [place, word] of words.entries())
        if (nearest.common[place] !== word) nearest.common[place] = WILD
    }
  }
  return new Map([...leaves.values()].flat().flatMap(templatesOf))
}

/** A word with digits, or with something masked in it. */
const isValue = (word: string): boolean => /[\d<]/.test(word)

function nearestOf(groups: readonly Group[], words: Words): Group | null {
  let nearest: Group | null = null
  let most = 0
  for (const group of groups.slice(-COMPARED)) {
    let equal = 0
    for (const [place, word] of words.entries()) if (group.common[place] === word) equal++
    if (equal >= words.length * SIMILAR && equal > most) [nearest, most] = [group, equal]
  }
  return nearest
}

function templatesOf({ common, members }: Group): readonly (readonly [string, string])[] {
  const varies = common.map((word, place) => {
    if (word !== WILD) return false
    const values = new Set(members.map((words) => words[place] ?? ''))
    return values.size >= MANY || [...values].some(isValue)
  })
  return members.map((words) => [
    words.join(' '),
    words.map((word, place) => (varies[place] === true ? WILD : word)).join(' '),
  ])
}
