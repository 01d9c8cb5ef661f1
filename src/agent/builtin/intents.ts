/** What a question about an incident is after, by its words. */

const intents = [
  'before',
  'resolved',
  'runbook',
  'next',
  'changes',
  'affected',
  'timeline',
  'cause',
  'what_happened',
] as const
export type Intent = (typeof intents)[number]

/** Patterns with their weight; the highest sum wins, ties by the order of `intents`. */
const PATTERNS: Readonly<Record<Intent, readonly (readonly [RegExp, number])[]>> = {
  before: [
    [
      /\b(?:seen|had|happen(?:ed|s)?|occur(?:red|s)?|hit|encountered|experienced|dealt with) (?:this|it|that|something like this|anything like this|these|such)?(?: \w+){0,3} ?(?:before|previously|already|in the past|earlier)\b/,
      4,
    ],
    [
      /\b(?:similar|related|comparable|like this)\b.*\b(?:incidents?|alerts?|issues?|outages?|problems?|cases?)\b|\b(?:incidents?|issues?|outages?) (?:like|similar to) this\b/,
      4,
    ],
    [
      /\b(?:first time|last time|how often|how many times|recurr\w+|repeat(?:ed|s|ing)? (?:incident|issue|problem|offender)|happen(?:ed|s)? again|keeps? happening|previous(?:ly)? (?:incidents?|occurrences?|outages?|seen)|past (?:incidents?|occurrences?|outages?)|known issue|precedents?|history of)\b/,
      4,
    ],
    [/\b(?:is|was) this (?:new|a one.?off|a regular)\b/, 3],
  ],
  resolved: [
    [
      /\b(?:resolved|recovered|mitigated|back up|back to normal|back online|all clear|over yet|over now|fixed (?:yet|now|already)|healthy again|cleared)\b/,
      3,
    ],
    [
      /\b(?:is|are|has|have|was|did) (?:it|this|that|things?|everything|the (?:incident|alerts?|issue|problem|outage|service|site)|we|they)\b.*\b(?:resolved?|fixed|over|ok|okay|fine|stable|done|ended?|stopped?|recover(?:ed)?|clear(?:ed)?|healthy|up|working|closed|gone)\b/,
      4,
    ],
    [
      /\bstill\b.*\b(?:firing|open|happening|going|down|broken|ongoing|active|alerting|failing|a problem|an issue|bad|on fire)\b|\bongoing\b|\bcurrent (?:status|state)\b|\bstatus now\b/,
      4,
    ],
    [
      /\b(?:when|how) (?:was|did|were) (?:it|this|the (?:incident|alerts?|issue)|they) (?:get )?(?:resolved?|fixed|end|stop|recover|clear)\b/,
      5,
    ],
    [/\b(?:what(?:'s| is) the (?:current )?(?:status|state))\b/, 4],
  ],
  runbook: [[/\b(?:run|play) ?books?\b/, 5]],
  next: [
    [
      /\b(?:what|which|anything|something)\b.*\b(?:(?:should|can|could|must|shall) (?:i|we|one|someone|the team|on.?call)|do (?:i|we) (?:do|need|have to)|(?:i|we) (?:can|could|should|must|need to|have to))\b/,
      4,
    ],
    [
      /\b(?:next steps?|next actions?|action items?|what(?:'s| is) next|what now|todo|to.?do list|recommend\w*|suggest\w*|advice|advise|remediat\w*)\b/,
      4,
    ],
    [
      /\bhow (?:do|can|could|should|would|to|might) ?(?:i|we|you|one)?\b.*\b(?:fix|resolve|mitigate|solve|stop|recover|repair|restore|address|handle|remedy|undo|prevent)\b/,
      5,
    ],
    [
      /\b(?:should|can|could|shall) (?:i|we)\b.*\b(?:roll ?back|revert|restart|redeploy|scale|escalate|page|fix|mitigate|do)\b/,
      4,
    ],
    [/\bhow to (?:fix|resolve|mitigate|solve|stop|proceed)\b|\bhelp me (?:fix|resolve|mitigate)\b/, 5],
    [/\b(?:mitigation|workaround|rollback plan|fix for)\b/, 3],
  ],
  changes: [
    [
      /\b(?:what|who|which|anything|something|did|any|was|were|has|show|list|recent|latest|last|when)\b.*\b(?:chang(?:e|es|ed)|deploy\w*|releas\w*|roll(?:ed)? ?outs?|rolled out|commit(?:s|ted)?|merged|pushed|shipped|builds?|config\w*|feature flags?|new version|pull requests?|prs?)\b/,
      4,
    ],
    [
      /\b(?:changes?|changed|deploy(?:s|ed|ment|ments)?|releases?|released|rollouts?|commits?|shipped|pushed)\b/,
      1,
    ],
  ],
  affected: [
    [
      /\b(?:who|what|which|how many)\b.*\b(?:affected|impact(?:ed)?|hit|down|broken|suffer\w*|alerting|hurt|touched|involved|failing)\b/,
      4,
    ],
    [
      /\b(?:blast radius|impact|scope|downstream|upstream|dependents?|dependants?|dependenc(?:y|ies)|affected services?|impacted|customers? (?:affected|notice)|user impact|how (?:bad|severe|serious|big|wide))\b/,
      4,
    ],
    [/\b(?:what|who|which)(?:\s\w+){0,3} depends? on\b|\bdepends on\b|\bseverity\b/, 3],
    [
      /\b(?:are|is) (?:customers?|users?|clients?|other services?|production|prod|anyone|anything|any other)\b.*\b(?:affected|impacted|down|hit|broken|noticing|alerting)\b/,
      5,
    ],
  ],
  timeline: [
    [
      /\b(?:timeline|time line|chronolog\w*|sequence of|order of|in (?:what|which) order|course of events|step by step|play by play)\b/,
      5,
    ],
    [
      /\b(?:when|what time|since when)\b.*\b(?:start(?:ed)?|begin|began|beg[au]n|first|fire[ds]?|happen(?:ed)?|occur(?:red)?|alert(?:ed)?|go off|went off|trigger(?:ed)?|open(?:ed)?|break|broke)\b/,
      4,
    ],
    [/\b(?:how long|duration|since when|how old)\b/, 4],
    [
      /\bwhich (?:alert|service|one)s?\b.*\b(?:first|started it|earliest|last)\b|\bfirst alert\b|\bwhat (?:happened|fired|alerted|came|broke|failed) first\b/,
      5,
    ],
    [/\b(?:list|show|give)\b.*\b(?:alerts|events)\b/, 3],
  ],
  cause: [
    [
      /\b(?:root cause|cause[ds]?|causing|culprit|to blame|reason|responsible|at fault|origin|behind (?:this|it|the)|explain why|rca|due to|source of|led to|trigger(?:ed)? (?:this|it|the)|broke (?:it|this)|underlying)\b/,
      4,
    ],
    [/\bwhy\b/, 3],
    [/\bhow come\b|\bhow did (?:this|it|that) (?:happen|start|break|come)\b/, 4],
    [/\bhow (?:sure|confident|certain)\b|\bconfidence\b/, 4],
  ],
  what_happened: [
    [
      /\bwhat(?:'s| is| was| has| had|s)? (?:just |exactly |actually )?(?:happen(?:ed|ing|s)?|going on|went wrong|wrong|up|broken|broke|the (?:problem|issue|incident|matter|situation|story))\b/,
      4,
    ],
    [
      /\b(?:summar(?:y|i[sz]e|ies)|tl;?dr|overview|recap|brief(?:ing)?|catch me up|fill me in|bring me up to speed|up to speed|sitrep|in a nutshell|gist|explain (?:this|the|that) (?:incident|alert|issue|problem|outage)|tell me (?:about|more about)|describe)\b/,
      4,
    ],
    [/\bwhat do (?:we|you) know\b|\bdetails?\b/, 4],
    [/\bwhat did (?:you|the investigation|the analysis) (?:find|discover|conclude)\b|\bfindings?\b/, 4],
  ],
}

const ENOUGH = 3

/** The intent of a question; null when its words point nowhere. */
export function intentOf(question: string): Intent | null {
  const words = question.normalize('NFKC').toLowerCase().replaceAll(/[’‘]/g, "'").replaceAll(/\s+/g, ' ')
  const scored = intents.map((intent) => ({
    intent,
    score: PATTERNS[intent].reduce((sum, [pattern, weight]) => sum + (pattern.test(words) ? weight : 0), 0),
  }))
  const best = scored.toSorted((a, b) => b.score - a.score)[0]
  return best === undefined || best.score < ENOUGH ? null : best.intent
}
