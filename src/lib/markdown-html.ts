/**
 * Markdown as XHTML, for the pages of other systems. Headings, lists, tables, quotes, fences and the usual inline marks; what
 * is none of these stays text. The result is well-formed whatever the text is, and holds no markup that the text brings along.
 */

/** What XML cannot carry, and the marks that stand for code while the rest of a line is read. */
// oxlint-disable-next-line no-control-regex -- these are the very characters that must go
const UNFIT = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uE000\uE001\uFFFE\uFFFF]/g
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/
const RULE = /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/
const HEADING = /^(#{1,6})\s(.*)$/
const FENCE = /^\s*```/

export function markdownToHtml(markdown: string): string {
  const lines = markdown.toWellFormed().replaceAll('\r\n', '\n').replaceAll(UNFIT, '').split('\n')
  const blocks: string[] = []
  for (let at = 0; at < lines.length;) {
    const { html, next } = blockAt(lines, at)
    if (html !== '') blocks.push(html)
    at = next
  }
  return blocks.join('\n')
}

interface Block {
  readonly html: string
  /** The line after it. */
  readonly next: number
}

function blockAt(lines: readonly string[], at: number): Block {
  const line = lines[at] ?? ''
  if (line.trim() === '') return { html: '', next: at + 1 }
  if (FENCE.test(line)) return fence(lines, at)
  const heading = HEADING.exec(line)
  if (heading !== null) {
    const level = heading[1]?.length ?? 1
    return { html: `<h${level}>${inline(headingText(heading[2] ?? ''))}</h${level}>`, next: at + 1 }
  }
  if (RULE.test(line)) return { html: '<hr />', next: at + 1 }
  if (isTable(lines, at)) return table(lines, at)
  if (line.startsWith('>')) return quote(lines, at)
  if (ITEM.test(line)) return list(lines, at)
  return paragraph(lines, at)
}

/** Hashes at the end close a heading and are none of its text. */
function headingText(text: string): string {
  const trimmed = text.trim()
  let end = trimmed.length
  while (trimmed[end - 1] === '#') end--
  return trimmed.slice(0, end).trimEnd()
}

const isTable = (lines: readonly string[], at: number): boolean =>
  (lines[at] ?? '').includes('|') &&
  (lines[at + 1] ?? '').includes('-') &&
  cellsOf(lines[at + 1] ?? '').every((cell) => /^:?-+:?$/.test(cell))

/** The first line from `at` on for which it holds; the end of the text where there is none. */
function lineWhere(lines: readonly string[], at: number, holds: (line: string) => boolean): number {
  let line = at
  while (line < lines.length && !holds(lines[line] ?? '')) line++
  return line
}

function fence(lines: readonly string[], at: number): Block {
  const last = lineWhere(lines, at + 1, (line) => FENCE.test(line))
  return { html: `<pre>${escapeXml(lines.slice(at + 1, last).join('\n'))}</pre>`, next: last + 1 }
}

function table(lines: readonly string[], at: number): Block {
  const last = lineWhere(lines, at + 2, (line) => !line.includes('|'))
  const row = (line: string, cell: 'th' | 'td'): string =>
    `<tr>${cellsOf(line)
      .map((text) => `<${cell}>${inline(text)}</${cell}>`)
      .join('')}</tr>`
  const head = cellsOf(lines[at] ?? '').some((text) => text !== '') ? row(lines[at] ?? '', 'th') : ''
  const rows = lines.slice(at + 2, last).map((line) => row(line, 'td'))
  return { html: `<table><tbody>${head}${rows.join('')}</tbody></table>`, next: last }
}

/** A bar behind a backslash belongs to its cell. */
const cellsOf = (line: string): readonly string[] =>
  line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.replaceAll(String.raw`\|`, '|').trim())

function quote(lines: readonly string[], at: number): Block {
  const last = lineWhere(lines, at + 1, (line) => !line.startsWith('>'))
  const text = lines.slice(at, last).map((line) => line.replace(/^>\s?/, ''))
  return { html: `<blockquote><p>${inline(text.join(' '))}</p></blockquote>`, next: last }
}

/** Items of one indentation; deeper ones are a list within the item above them. */
function list(lines: readonly string[], at: number): Block {
  const [, indent = '', mark = '-'] = ITEM.exec(lines[at] ?? '') ?? []
  const tag = /\d/.test(mark) ? 'ol' : 'ul'
  const items: string[] = []
  let next = at
  while (next < lines.length) {
    const [, depth = '', kind = '', text = ''] = ITEM.exec(lines[next] ?? '') ?? []
    if (kind === '' || depth.length < indent.length) break
    if (depth.length > indent.length) {
      const inner = list(lines, next)
      items.push(`${items.pop() ?? ''}${inner.html}`)
      next = inner.next
      continue
    }
    if (/\d/.test(kind) !== (tag === 'ol')) break
    items.push(inline(text.replace(/^\[ \]/, '\u2610').replace(/^\[x\]/i, '\u2611')))
    next++
  }
  return { html: `<${tag}>${items.map((item) => `<li>${item}</li>`).join('')}</${tag}>`, next }
}

function paragraph(lines: readonly string[], at: number): Block {
  let next = at + 1
  while (next < lines.length && !startsBlock(lines, next)) next++
  return { html: `<p>${inline(lines.slice(at, next).join('\n'))}</p>`, next }
}

const startsBlock = (lines: readonly string[], at: number): boolean => {
  const line = lines[at] ?? ''
  return (
    line.trim() === '' ||
    FENCE.test(line) ||
    HEADING.test(line) ||
    RULE.test(line) ||
    ITEM.test(line) ||
    line.startsWith('>') ||
    isTable(lines, at)
  )
}

/** Marks within a line. A pair never reaches over a tag that is there already, so that tags nest. */
function inline(text: string): string {
  const codes: string[] = []
  const marked = text.replaceAll(/`([^`\n]+)`/g, (_, code: string) => {
    codes.push(`<code>${escapeXml(code)}</code>`)
    return `\uE000${codes.length - 1}\uE001`
  })
  return escapeXml(marked)
    .replaceAll(
      /\[([^[\]\n]{1,500})\]\(((?:https?:\/\/|mailto:)[^\s()<>]{1,2000})\)/g,
      (_, label: string, href: string) => `<a href="${href}">${label}</a>`,
    )
    .replaceAll(/\*\*([^<\n*]+(?:\*[^<\n*]+\*[^<\n*]*)*)\*\*/g, '<strong>$1</strong>')
    .replaceAll(/(?<![\w*])\*([^*<\n]+)\*(?![\w*])/g, '<em>$1</em>')
    .replaceAll(/\uE000(\d+)\uE001/g, (_, index: string) => codes[Number(index)] ?? '')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeXml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
