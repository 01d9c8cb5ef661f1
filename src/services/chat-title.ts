const LONGEST = 50

/** The first characters as they are, or cut back to the last space with an ellipsis. Lengths are code points. */
export function titleFrom(text: string): string {
  const characters = Array.from(text.trim())
  if (characters.length === 0) return 'New Chat'
  if (characters.length <= LONGEST) return characters.join('')
  const head = characters.slice(0, LONGEST).join('')
  const space = head.lastIndexOf(' ')
  return `${space > 0 ? head.slice(0, space) : head}...`
}

/** The title of a question about an incident. */
export function questionTitle(question: string): string {
  const characters = Array.from(question)
  return `Incident: ${characters.slice(0, LONGEST).join('')}${characters.length > LONGEST ? '...' : ''}`
}

/** The title of an incident's investigation session. */
export const investigationTitle = (alertTitle: string): string => titleFrom(`Investigation: ${alertTitle}`)
