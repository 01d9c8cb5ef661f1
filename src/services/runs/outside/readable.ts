/** The words of a page, without what only a browser needs. */

import { decodeEntities } from '../../../lib/html-entities'

/** Text as it is; of HTML the text that a reader sees, a line a block. */
export function readable(text: string, contentType: string): string {
  const isHtml = /\bx?html\b/i.test(contentType) || /^\s*<(?:!doctype html|html)\b/i.test(text)
  return isHtml ? textOfHtml(text) : text.trim()
}

function textOfHtml(html: string): string {
  const text = html
    .replaceAll(/<!--[\s\S]*?-->/g, ' ')
    .replaceAll(/<(script|style|noscript|template|svg|head)\b[\s\S]*?(?:<\/\1\s*>|$)/gi, ' ')
    .replaceAll(
      /<(?:br|\/?(?:p|div|li|tr|h[1-6]|pre|ul|ol|table|section|article|header|footer))\b[^>]*>/gi,
      '\n',
    )
    .replaceAll(/<[^>]*>/g, '')
  return decodeEntities(text)
    .replaceAll(/[^\S\n]+/g, ' ')
    .replaceAll(/ ?\n[ \n]*/g, '\n')
    .trim()
}
