// Plain text for a terminal. Colour only where a person looks at it.
import { styleText } from 'node:util'

const isColourful = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (style, text) => (isColourful ? styleText(style, text) : text)
const width = Math.min(process.stdout.columns || 100, 100)

const bold = (text) => paint('bold', text)
export const dim = (text) => paint('dim', text)
const red = (text) => paint('red', text)
const green = (text) => paint('green', text)
const cyan = (text) => paint('cyan', text)

/** Breaks text at blanks so that it fits, with `indent` before every line; list items hang below their dash. */
export function wrap(text, indent = '  ', first = indent) {
  const lines = []
  for (const paragraph of text.split('\n')) {
    const hanging = paragraph.startsWith('- ') ? `${indent}  ` : indent
    let line = lines.length === 0 ? first : indent
    let isEmpty = true
    for (const word of paragraph.split(/ +/)) {
      if (!isEmpty && line.length + word.length + 1 > width) {
        lines.push(line)
        line = hanging
        isEmpty = true
      }
      line += isEmpty ? word : ` ${word}`
      isEmpty = false
    }
    lines.push(line.trimEnd())
  }
  return lines.join('\n')
}

export const say = (text = '') => console.log(text)
export const heading = (text) => say(`\n${bold(text)}\n${dim('─'.repeat(Math.min(width, text.length + 24)))}`)
export const done = (text) => say(`  ${green('✓')} ${text}`)
export const sent = (text) => say(`  ${red('▲')} ${text}`)
export const recovered = (text) => say(`  ${green('▼')} ${text}`)

/** One thought of the investigation as it arrives. */
export const thought = ({ type, content }) =>
  say(wrap(content, ' '.repeat(16), `  ${cyan(type.padEnd(13))} `))

/** The whole incident: what it is, who joined, what was found, on which evidence, and what to do. */
export function incident(one) {
  const { alert, severity, status, affectedServices, correlatedAlerts, summary, citations, suggestions } = one
  heading(`Incident: ${alert.title} on ${alert.service}`)
  say(`  severity ${bold(severity)} · status ${bold(status)} · services ${affectedServices.join(', ')}`)
  say(`\n  ${bold('Alerts')}`)
  for (const joined of correlatedAlerts) {
    const score =
      joined.correlationStrategy === 'primary'
        ? 'opened it'
        : `${joined.correlationStrategy} ${joined.correlationScore}`
    say(
      `    ${`${joined.alertService}: ${joined.alertTitle}`.padEnd(40)} ${joined.alertSeverity.padEnd(9)} ${dim(score)}`,
    )
  }
  say(`\n  ${bold('Summary')}`)
  say(wrap(summary, '    '))
  say(`\n  ${bold('Evidence')}`)
  evidence(citations)
  say(`\n  ${bold('Suggestions')}`)
  for (const [index, { title, description, type, risk }] of suggestions.entries()) {
    say(wrap(`${bold(title)} ${dim(`(${type}, risk ${risk})`)}`, '       ', `    ${index + 1}. `))
    say(wrap(description, '       '))
  }
}

/** Numbered evidence: where it comes from and the beginning of what was found. */
export function evidence(citations) {
  for (const { key, toolName, command, output } of citations) {
    const source = command === toolName ? toolName : `${toolName}: ${command}`
    say(wrap(source, '        ', `    [${key}]`.padEnd(8)))
    say(dim(wrap(shorten(output), '        ')))
  }
}

/** Tool results are JSON; for the eye the punctuation goes. */
function shorten(text, most = 260) {
  const flat = text
    .replace(/"|[{}[\]]/g, '')
    .replace(/,(?=\S)/g, ', ')
    .replace(/\s+/g, ' ')
    .trim()
  return flat.length <= most ? flat : `${flat.slice(0, most)}…`
}
