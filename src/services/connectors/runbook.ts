/** A page taken apart as a runbook: sections by their headings, and the items of its lists as steps. */
import { htmlToMarkdown, type Item } from '../../lib/html-markdown'

interface Step {
  readonly step_id: string
  readonly text: string
  readonly command: string | null
  readonly tool_hint: string | null
  /** Whether a person must do it, or a command could; and whether that command changes something. */
  readonly classification: 'manual' | 'safe_automated' | 'risky_automated'
  readonly required_approval: boolean
  readonly evidence_required: boolean
}

export interface Runbook {
  readonly markdown: string
  readonly sections: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}

/** The headings that runbooks share, in one spelling. */
const KNOWN = ['Overview', 'Symptoms', 'Impact', 'Steps', 'Rollback', 'Verification'] as const
const TOOLS = ['kubectl', 'gcloud', 'aws', 'terraform', 'docker', 'helm', 'psql', 'systemctl'] as const
const CHANGES =
  /\b(?:delete|drop|restart|reboot|terminate|shutdown|stop|kill|rm|roll ?back|failover|scale|apply|deploy|upgrade|downgrade|truncate|purge|revoke|disable|drain|cordon|patch|edit|set)\b/i
const LOOKS =
  /^(?:(?:kubectl|gcloud|aws|docker|helm|systemctl|terraform)\s+(?:\S+\s+)?)?(?:get|describe|list|status|logs?|top|show|curl|ping|dig|nslookup|cat|ls|head|tail|grep)\b/i
const CHECKS = /\b(?:verify|confirm|validate|check|ensure)\b/i

export function parseRunbook(html: string): Runbook {
  const { markdown, items } = htmlToMarkdown(html)
  return { markdown, sections: sectionsOf(markdown), steps: items.map(stepOf) }
}

function sectionsOf(markdown: string): Readonly<Record<string, string>> {
  const sections = new Map<string, string[]>()
  let current: string[] | null = null
  for (const line of markdown.split('\n')) {
    const heading = /^#{1,6} (.+)$/.exec(line)?.[1]?.trim()
    if (heading === undefined) current?.push(line)
    else {
      current = []
      sections.set(KNOWN.find((it) => it.toLowerCase() === heading.toLowerCase()) ?? heading, current)
    }
  }
  const filled = [...sections].map(([name, lines]) => [name, lines.join('\n').trim()] as const)
  return Object.fromEntries(filled.filter(([, text]) => text !== ''))
}

function stepOf({ text, code }: Item, index: number): Step {
  const command = code ?? (TOOLS.some((tool) => text.toLowerCase().includes(`${tool} `)) ? text : null)
  const classification = classify(text, command)
  return {
    step_id: `step_${index + 1}`,
    text,
    command,
    tool_hint: TOOLS.find((tool) => new RegExp(`\\b${tool}\\b`, 'i').test(command ?? text)) ?? null,
    classification,
    required_approval: classification === 'risky_automated',
    evidence_required: CHECKS.test(text),
  }
}

/** What could change something is risky, whatever else is said of it. */
function classify(text: string, command: string | null): Step['classification'] {
  if (command === null) return 'manual'
  if (CHANGES.test(command) || CHANGES.test(text)) return 'risky_automated'
  return LOOKS.test(command) ? 'safe_automated' : 'manual'
}
