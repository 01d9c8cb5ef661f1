/** The words of a page, without what only a browser needs. */

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

/** Text as it is; of HTML the text that a reader sees, a line a block. */
export function readable(text: string, contentType: string): string {
  const isHtml = /\bx?html\b/i.test(contentType) || /^\s*<(?:!doctype html|html)\b/i.test(text)
  return isHtml ? textOfHtml(text) : text.trim()
}

const textOfHtml = (html: string): string =>
  html
    .replaceAll(/<!--[\s\S]*?-->/g, ' ')
    .replaceAll(/<(script|style|noscript|template|svg|head)\b[\s\S]*?(?:<\/\1\s*>|$)/gi, ' ')
    .replaceAll(
      /<(?:br|\/?(?:p|div|li|tr|h[1-6]|pre|ul|ol|table|section|article|header|footer))\b[^>]*>/gi,
      '\n',
    )
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(#x?[0-9a-f]{1,6}|[a-z]{2,6});/gi, (whole, name: string) => characterOf(name) ?? whole)
    .replaceAll(/[^\S\n]+/g, ' ')
    .replaceAll(/ ?\n[ \n]*/g, '\n')
    .trim()

function characterOf(name: string): string | undefined {
  if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()]
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code).toWellFormed() : undefined
}
