/**
 * A plain-text table: the first column to the left, all others to the right.
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 */
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String))
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const format = (row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd()
  const [first, ...rest] = all.map((row) => `  ${format(row)}`)
  return [first, `  ${widths.map((width) => '─'.repeat(width)).join('  ')}`, ...rest].join('\n')
}
