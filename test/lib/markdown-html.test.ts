import * as fc from 'fast-check'
import { XMLValidator } from 'fast-xml-parser'
import { describe, it } from 'vitest'
import { htmlToMarkdown } from '../../src/lib/html-markdown'
import { markdownToHtml } from '../../src/lib/markdown-html'

describe('Markdown as XHTML', () => {
  it.for([
    ['# One\n## Two ##', '<h1>One</h1>\n<h2>Two</h2>'],
    ['a **b** *c* `d<e`', '<p>a <strong>b</strong> <em>c</em> <code>d&lt;e</code></p>'],
    ['a\nb\n\nc', '<p>a\nb</p>\n<p>c</p>'],
    ['- a\n  1. b\n- [x] c', '<ul><li>a<ol><li>b</li></ol></li><li>\u2611 c</li></ul>'],
    ['1. a\n- b', '<ol><li>a</li></ol>\n<ul><li>b</li></ul>'],
    ['```sh\na < b\n```', '<pre>a &lt; b</pre>'],
    ['```\nnever closed', '<pre>never closed</pre>'],
    ['> a\n> b', '<blockquote><p>a b</p></blockquote>'],
    [
      String.raw`| a | b\|c |` + '\n|---|---|\n| 1 | 2 |',
      '<table><tbody><tr><th>a</th><th>b|c</th></tr><tr><td>1</td><td>2</td></tr></tbody></table>',
    ],
    ['| | |\n|---|---|\n| Date | x |', '<table><tbody><tr><td>Date</td><td>x</td></tr></tbody></table>'],
    ['a\n\n---\n\nb', '<p>a</p>\n<hr />\n<p>b</p>'],
    ['[x](https://e.example/?a=1&b=2)', '<p><a href="https://e.example/?a=1&amp;b=2">x</a></p>'],
    ['[x](javascript:alert)', '<p>[x](javascript:alert)</p>'],
    ['<script>alert(1)</script>', '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>'],
    ['claim [1, 2]', '<p>claim [1, 2]</p>'],
  ] as const)('writes %j', ([markdown, html], { expect }) => {
    expect(markdownToHtml(markdown)).toBe(html)
  })

  const PIECES = [
    '*',
    '**',
    '`',
    '[',
    '](https://x.y)',
    '- ',
    '1. ',
    '> ',
    '|',
    '|-|-|',
    '#',
    '```',
    '<',
    '&',
  ].concat(['\n', '\n\n', '  ', 'a', '\u0001', '\uE0000\uE001', '\uD800'])

  it('is well-formed whatever the text is', ({ expect }) => {
    const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 30 })
    fc.assert(
      fc.property(text, (pieces) => {
        expect(XMLValidator.validate(`<page>${markdownToHtml(pieces.join(''))}</page>`)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('takes lines that other readers stumble over in one pass', ({ expect }) => {
    const blanks = ' '.repeat(90_000)
    for (const text of [`# ${blanks}x`, `|\n${blanks}-x`, '```\n'.repeat(25_000), '**a*'.repeat(25_000)])
      expect(markdownToHtml(text).length).toBeGreaterThan(0)
  })
})

describe('a page as Markdown', () => {
  it.for([
    ['<h2>A &amp; B</h2><p>x<br/>y</p>', '## A & B\n\nx\ny'],
    ['<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>', '- a\n  - b\n- c'],
    ['<ol><li><p>a</p></li><li>b</li></ol>', '1. a\n2. b'],
    ['<pre>a\n  b</pre>', '```\na\n  b\n```'],
    ['<table><tr><th>a</th><td>b</td></tr></table>', 'a b'],
    ['a < b &#65;&#x42;&unknown; <!-- no -->c', 'a < b AB&unknown; c'],
    ['<style>x</style><p>y', 'y'],
    ['', ''],
  ] as const)('reads %j', ([html, markdown], { expect }) => {
    expect(htmlToMarkdown(html).markdown).toBe(markdown)
  })

  it('takes a page that is nothing but broken tags in one pass', ({ expect }) => {
    expect(htmlToMarkdown('<a'.repeat(200_000)).items).toEqual([])
    expect(htmlToMarkdown('<!--'.repeat(200_000)).markdown).toBe('')
    expect(htmlToMarkdown('<ul><li>a'.repeat(20_000)).markdown.length).toBeLessThan(600_000)
  })

  it('reads back what was written', ({ expect }) => {
    const text = '# A\n\nb\n\n- c\n- d'
    expect(htmlToMarkdown(markdownToHtml(text)).markdown).toBe(text)
  })
})
