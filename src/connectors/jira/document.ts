/** Text as Atlassian's document format, which the cloud's API wants: headings, lists, code and paragraphs of a Markdown text. */
type Node = Readonly<Record<string, unknown>>

export function documentOf(markdown: string): Node {
  const content: Node[] = []
  const lines = markdown.replaceAll('\r\n', '\n').split('\n')
  for (let at = 0; at < lines.length;) {
    const taken = blockAt(lines, at)
    content.push(...taken.nodes)
    at = taken.next
  }
  return { type: 'doc', version: 1, content: content.length === 0 ? [paragraph([''])] : content }
}

function blockAt(
  lines: readonly string[],
  at: number,
): { readonly nodes: readonly Node[]; readonly next: number } {
  const line = lines[at] ?? ''
  if (line.trim() === '') return { nodes: [], next: at + 1 }
  if (line.startsWith('```')) {
    const end = endOf(lines, at, (it) => it.startsWith('```'))
    return {
      nodes: [{ type: 'codeBlock', content: texts(lines.slice(at + 1, end).join('\n')) }],
      next: end + 1,
    }
  }
  const heading = /^(#{1,6})\s+(.+)$/.exec(line)
  if (heading !== null) {
    const attrs = { level: heading[1]?.length ?? 1 }
    return { nodes: [{ type: 'heading', attrs, content: texts(heading[2] ?? '') }], next: at + 1 }
  }
  const mark = markOf(line)
  if (mark !== null) {
    const end = endOf(lines, at, (it) => markOf(it) !== mark)
    const items = lines.slice(at, end).map((it) => it.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, ''))
    const content = items.map((item) => ({ type: 'listItem', content: [paragraph([item])] }))
    return { nodes: [{ type: mark, content }], next: end }
  }
  const end = endOf(
    lines,
    at,
    (it) => it.trim() === '' || /^(?:#{1,6}\s|```)/.test(it) || markOf(it) !== null,
  )
  return { nodes: [paragraph(lines.slice(at, end))], next: end }
}

/** The first line after `at` for which it holds; the end of the text where there is none. */
function endOf(lines: readonly string[], at: number, holds: (line: string) => boolean): number {
  let line = at + 1
  while (line < lines.length && !holds(lines[line] ?? '')) line++
  return line
}

const markOf = (line: string): 'bulletList' | 'orderedList' | null =>
  /^\s*[-*+]\s+\S/.test(line) ? 'bulletList' : /^\s*\d+[.)]\s+\S/.test(line) ? 'orderedList' : null

/** A text of no length is no node at all. */
const texts = (text: string): readonly Node[] => (text === '' ? [] : [{ type: 'text', text }])

const paragraph = (lines: readonly string[]): Node => ({
  type: 'paragraph',
  content: lines.flatMap((line, index) => [...(index === 0 ? [] : [{ type: 'hardBreak' }]), ...texts(line)]),
})
