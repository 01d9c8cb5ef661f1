/**
 * Pages of other systems as plain Markdown: headings, lists, code, paragraphs; the rest is its text. One pass over the text,
 * without a grammar: what does not look like a tag is text.
 */

import { decodeEntities } from './html-entities'

/** An item of a list, with the first code in it. */
export interface Item {
  readonly text: string
  readonly code: string | null
}

export interface Reading {
  readonly markdown: string
  readonly items: readonly Item[]
}

type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'open' | 'close'; readonly name: string }

const LONGEST = 1_000_000
/** Lists within lists are told apart down to here. */
const DEEPEST = 9
const SILENT = new Set(['script', 'style', 'ac:parameter'])
const CODE = new Set(['pre', 'code', 'ac:plain-text-body'])
const LISTS = new Set(['ul', 'ol', 'ac:task-list'])
const ITEMS = new Set(['li', 'ac:task-body'])
const BLOCKS = new Set(['p', 'div', 'tr', 'table', 'blockquote', 'section', 'ac:structured-macro', 'ac:task'])

export function htmlToMarkdown(html: string): Reading {
  const page = new PageWriter()
  for (const token of tokensOf(html.slice(0, LONGEST))) page.take(token)
  return page.finish()
}

function* tokensOf(html: string): Generator<Token> {
  let at = 0
  while (at < html.length) {
    const start = html.indexOf('<', at)
    if (start > at || start === -1)
      yield { kind: 'text', text: decodeEntities(html.slice(at, start === -1 ? undefined : start)) }
    if (start === -1) return
    if (html.startsWith('<!--', start)) {
      at = after(html, '-->', start)
      continue
    }
    if (html.startsWith('<![CDATA[', start)) {
      at = after(html, ']]>', start)
      yield { kind: 'text', text: html.slice(start + 9, at - 3) }
      continue
    }
    const name = /^<(\/?)([a-zA-Z][\w:-]{0,60})/.exec(html.slice(start, start + 64))
    if (name === null) {
      yield { kind: 'text', text: '<' }
      at = start + 1
      continue
    }
    const end = after(html, '>', start)
    const tag = (name[2] ?? '').toLowerCase()
    yield { kind: name[1] === '/' ? 'close' : 'open', name: tag }
    if (html[end - 2] === '/') yield { kind: 'close', name: tag }
    at = end
  }
}

/** The place behind the next `mark`; the end of the text where there is none. */
function after(html: string, mark: string, from: number): number {
  const found = html.indexOf(mark, from)
  return found === -1 ? html.length : found + mark.length
}

/** Collects lines as the tags come. */
class PageWriter {
  private readonly lines: string[] = []
  private readonly found: Item[] = []
  /** Open lists, each with the number of its next item. */
  private readonly lists: { readonly ordered: boolean; next: number }[] = []
  /** Open items: where their text begins, and the first code in them. */
  private readonly open: { text: string; code: string | null }[] = []
  private line = ''
  private prefix = ''
  private silent = 0
  /** The code that is open, and whether it is a block of its own. */
  private code: { readonly block: boolean; text: string } | null = null

  take(token: Token): void {
    if (token.kind === 'text') return this.text(token.text)
    const { name } = token
    const isOpen = token.kind === 'open'
    if (SILENT.has(name)) this.silent = Math.max(0, this.silent + (isOpen ? 1 : -1))
    else if (CODE.has(name)) this.mark(name, isOpen)
    else if (LISTS.has(name)) this.list(name, isOpen)
    else if (ITEMS.has(name)) this.item(isOpen)
    else if (/^h[1-6]$/.test(name)) this.heading(Number(name[1]), isOpen)
    else if (name === 'br') this.flush()
    else if (name === 'td' || name === 'th') this.text(' ')
    else if (BLOCKS.has(name)) this.block()
  }

  finish(): Reading {
    this.block()
    const markdown = this.lines
      .join('\n')
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim()
    return { markdown, items: this.found }
  }

  private text(text: string): void {
    if (this.silent > 0) return
    if (this.code !== null) this.code.text += text
    else this.line += text.replaceAll(/\s+/g, ' ')
  }

  private mark(name: string, isOpen: boolean): void {
    if (isOpen) {
      // Code within code is the same code.
      this.code ??= { block: name !== 'code', text: '' }
      return
    }
    const { code } = this
    if (code === null || code.block === (name === 'code')) return
    this.code = null
    const text = code.text.trim()
    if (text === '') return
    const item = this.open.at(-1)
    if (item !== undefined) item.code ??= text
    if (code.block) {
      this.block()
      this.lines.push('```', text, '```', '')
      if (item !== undefined) item.text += ` ${text}`
    } else this.line += `\`${text}\``
  }

  private list(name: string, isOpen: boolean): void {
    this.flush()
    if (isOpen) this.lists.push({ ordered: name === 'ol', next: 1 })
    else this.lists.pop()
    if (this.lists.length === 0) this.lines.push('')
  }

  private item(isOpen: boolean): void {
    this.flush()
    if (!isOpen) {
      const item = this.open.pop()
      const text = item?.text.trim() ?? ''
      if (item !== undefined && text !== '') this.found.push({ text, code: item.code })
      return
    }
    const list = this.lists.at(-1)
    const mark = list?.ordered === true ? `${list.next++}.` : '-'
    const depth = Math.min(Math.max(0, this.lists.length - 1), DEEPEST)
    this.prefix = `${'  '.repeat(depth)}${mark} `
    this.open.push({ text: '', code: null })
  }

  private heading(level: number, isOpen: boolean): void {
    this.block()
    if (isOpen) this.prefix = `${'#'.repeat(level)} `
    else this.prefix = ''
  }

  /** Ends the line; the text counts for the item that it stands in. */
  private flush(): void {
    const text = this.line.trim().replaceAll(/ {2,}/g, ' ')
    this.line = ''
    if (text === '') return
    this.lines.push(`${this.prefix}${text}`)
    this.prefix = ''
    const item = this.open.at(-1)
    if (item !== undefined) item.text += ` ${text}`
  }

  private block(): void {
    this.flush()
    if (this.lists.length === 0 && this.lines.at(-1) !== '') this.lines.push('')
  }
}
