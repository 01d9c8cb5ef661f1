/** What a repository is about, in its own words: a short text out of what stands on its front page. */

const LONGEST = 2000
const LONGEST_PARAGRAPH = 800
const MOST_NAMES = 5

export interface FrontPage {
  readonly name: string
  readonly description: string | null
  /** Languages with how much of each there is, in any measure; null when unknown. */
  readonly languages: Readonly<Record<string, number>> | null
  readonly topics: readonly string[]
  readonly isArchived: boolean
  readonly defaultBranch: string | null
  /** Markdown; null without one. */
  readonly readme: string | null
}

export const frontPage = (it: FrontPage): string =>
  [
    it.description?.trim() || it.name,
    it.languages === null ? '' : `Languages: ${topOf(it.languages) || 'none'}.`,
    it.topics.length === 0 ? '' : `Topics: ${it.topics.slice(0, 2 * MOST_NAMES).join(', ')}.`,
    it.isArchived ? 'The repository is archived.' : '',
    it.defaultBranch === null ? '' : `Default branch: ${it.defaultBranch}.`,
    it.readme === null ? '' : firstParagraph(it.readme),
  ]
    .filter((line) => line !== '')
    .join('\n')
    .slice(0, LONGEST)

const topOf = (amounts: Readonly<Record<string, number>>): string =>
  Object.entries(amounts)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, MOST_NAMES)
    .map(([name]) => name)
    .join(', ')

/** The first paragraph that is prose: no heading, badge, markup or list. */
const firstParagraph = (markdown: string): string =>
  markdown
    .split(/\r?\n\s*\r?\n/)
    .map((paragraph) => paragraph.trim().replaceAll(/\s+/g, ' '))
    .find((paragraph) => /^[A-Za-z*_`"']/.test(paragraph) && paragraph.length > 30)
    ?.slice(0, LONGEST_PARAGRAPH) ?? ''
