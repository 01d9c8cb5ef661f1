/** What a question that is about no incident in particular is after, by its words. */

const intents = ['help', 'thanks', 'greeting', 'resolved', 'open', 'recent'] as const
export type OrganisationIntent = (typeof intents)[number]

const INCIDENTS = String.raw`\b(?:incidents?|outages?|alerts?|issues?|problems?)\b`

/** The first that matches decides. */
const PATTERNS: Readonly<Record<OrganisationIntent, RegExp>> = {
  help: /^(?:help|\?)[.!]?$|\bwhat (?:can|do) you (?:do|answer|know)\b|\bhow (?:do|can) (?:i|we) use you\b|\bwho are you\b|\bwhat are you\b|\bhelp me\b.*\b(?:start|use|you)\b/,
  thanks: /^(?:ok(?:ay)?,? )?(?:thanks?|thank you|thx|cheers|great|perfect)\b[^?]{0,40}$/,
  greeting: /^(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|moin|howdy|greetings)\b[^?]{0,40}[.!]?$/,
  resolved: new RegExp(
    String.raw`\b(?:resolved|closed|fixed|finished|solved)\b.*${INCIDENTS}|${INCIDENTS}.*\b(?:resolved|closed|fixed|finished|solved)\b`,
  ),
  open: new RegExp(
    String.raw`\b(?:open|active|ongoing|current(?:ly)?|unresolved|firing|live|right now|going on|on fire|broken|down|happening|investigat\w+|critical|high|severe)\b.*${INCIDENTS}|${INCIDENTS}.*\b(?:open|active|ongoing|current(?:ly)?|unresolved|firing|right now|now|going on|running)\b|\bwhat(?:'s| is| are)? (?:\w+ )?(?:open|ongoing|broken|on fire|down|going on|happening|firing|wrong)\b|\bhow many${INCIDENTS}|\bhow many\b.*${INCIDENTS}|\bstatus\b(?: report| overview)?[?.!]?$|\bis (?:everything|anything|all) (?:ok|okay|fine|good|up|broken|down|open|wrong)\b`,
  ),
  recent: new RegExp(
    String.raw`\b(?:list|show|recent|latest|newest|last|all|which|what|any|today|yesterday|new)\b.*${INCIDENTS}|^incidents?[?.!]?$`,
  ),
}

/** The intent of a question; null when its words point nowhere. */
export function organisationIntent(question: string): OrganisationIntent | null {
  const words = normalise(question)
  return intents.find((intent) => PATTERNS[intent].test(words)) ?? null
}

/** Which incident a question names: by its id, by words in quotes, or by what stands behind "status of". */
export interface Subject {
  readonly id: string | null
  /** In lower case; empty with an id. */
  readonly words: string
}

const ID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/
const NAMED = [
  /["“'‘]([^"”'’]{3,100})["”'’]/,
  /\b(?:status|state|progress|news) (?:of|on|about|for) (?:the )?(?:incident |alert )?(?:about |on |with |in )?(.{2,100})$/,
  /\b(?:tell me|what do you know|anything|more|details?|summary|update) (?:about|on|of) (?:the )?(?:incident |alert )?(?:about |on |with |in )?(.{2,100})$/,
  /^(?:what|how) about (?:the )?(.{2,100})$/,
  /^(?:how is|how's|what(?:'s| is) (?:up|wrong|going on|happening) with) (?:the )?(.{2,100})$/,
  /^is (?:the )?(.{2,80}?) (?:ok|okay|fine|down|up|broken|resolved|fixed|healthy|still \w+)$/,
] as const

/** Words that name nothing. */
const NOTHING =
  /^(?:it|this|that|them|everything|anything|something|all|all of it|(?:our|the|all|any|my|open|current|recent) ?(?:\w+ )?(?:incidents?|alerts?|systems?|services?)|incidents?|alerts?|things?|you|today|now)$/

/** Null when the question names none. */
export function subjectOf(question: string): Subject | null {
  const words = normalise(question).replace(/[?.!\s]+$/, '')
  const [id] = ID.exec(words) ?? []
  if (id !== undefined) return { id, words: '' }
  for (const pattern of NAMED) {
    const name = pattern
      .exec(words)?.[1]
      ?.replace(/\s+(?:incident|alert|please)$/, '')
      .trim()
    if (name !== undefined && name.length > 1 && !NOTHING.test(name)) return { id: null, words: name }
  }
  return null
}

const normalise = (question: string): string =>
  question.normalize('NFKC').toLowerCase().replaceAll(/[’]/g, "'").replaceAll(/\s+/g, ' ').trim()

/** The severities that a question asks for; none where it names none. */
export function severitiesIn(question: string): readonly ('critical' | 'high' | 'medium' | 'low')[] {
  const words = normalise(question)
  return (['critical', 'high', 'medium', 'low'] as const).filter((one) =>
    new RegExp(String.raw`\b${one}\b`).test(words),
  )
}
