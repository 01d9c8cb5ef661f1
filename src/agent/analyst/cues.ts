/** The words that name a kind of failure. */

import type { EvidenceItem } from '../evidence'
import type { TimelineAlert } from '../tools/alert-timeline'
import type { CaseFile } from './case-file'
import type { Candidate } from './fusion'
import type { Mechanism } from './mechanism'
import { same } from './signs'

export interface Cue {
  readonly item: EvidenceItem
  /** The words as the evidence has them, null when only their spelt-out form matched. */
  readonly quote: string | null
}

const CUES: readonly (readonly [Mechanism, RegExp])[] = [
  ['out_of_memory', words('oomkilled|oom killed|out of memory|heap out of memory|cannot allocate memory')],
  ['crash_loop', words('crashloopbackoff|crash loop back off|restarted|exit code|panic')],
  ['disk_full', words('no space left|disk full|enospc|disk space|disk quota exceeded|disk pressure')],
  [
    'pool_exhaustion',
    words(
      'pool exhausted|too many connections|timeout acquiring|connection limit|too many clients|remaining connection slots',
    ),
  ],
  [
    'resource_limit',
    words('too many open files|emfile|unable to create (?:new )?native thread|can.t start new thread'),
  ],
  [
    'certificate',
    words('x509|certificate expired|certificate has expired|tls handshake|certificate verify failed'),
  ],
  [
    'dns',
    words(
      'nxdomain|no such host|eai_again|servfail|name resolution|could not resolve host|name or service not known',
    ),
  ],
  [
    'network_failure',
    words('packet loss|no route to host|network is unreachable|network partition|link down'),
  ],
  ['node_failure', words('node not ready|node lost|host down|instance terminated|spot interruption')],
  [
    'access_denied',
    words('permission denied|access denied|unauthorized|forbidden|invalid credentials|authentication failed'),
  ],
  ['quota', /(?<![a-z0-9])(?:quota|rate exceeded|too many requests)(?![a-z0-9])|(?<!cpu )throttl/i],
  ['data_lock', words('deadlock|lock wait timeout|replication lag|could not obtain lock')],
  ['bad_data', words('deseriali[sz]e|unmarshal|malformed|schema mismatch|poison message')],
  ['dependency_failure', words('connection refused|econnrefused|upstream|bad gateway|502|503|504')],
  ['cpu_saturation', words('cpu throttling')],
]

/** Words that say how it ended, not why: they do not count beside words that say more. */
const VAGUE: ReadonlySet<Mechanism> = new Set(['crash_loop', 'dependency_failure'])

function words(alternatives: string): RegExp {
  return new RegExp(`(?<![a-z0-9])(?:${alternatives})(?![a-z0-9])`, 'i')
}

/** Words of the candidate's alerts, log templates and platform events, unless their evidence is of low trust. */
export function cuesOf(file: CaseFile, first: Candidate): ReadonlyMap<Mechanism, Cue> {
  const texts = [
    ...file.timeline.value.alerts
      .filter((alert) => alert.service !== null && same(alert.service, first.service))
      .flatMap((alert) => textsOf(alert))
      .map((text) => ({ item: file.timeline.item, text })),
    ...file.templates
      .filter((line) => same(line.service, first.service) && line.incident > line.baseline)
      .map((line) => ({ item: line.item, text: line.template })),
    ...file.events
      .filter((event) => same(event.service, first.service))
      .map((event) => ({ item: event.item, text: event.text })),
  ].filter((said) => said.item.trust !== 'low')
  const found = new Map<Mechanism, Cue>()
  for (const { item, text } of texts) {
    const quotes = quotesOf(text)
    const telling = quotes.filter(([name]) => !VAGUE.has(name))
    for (const [name, quote] of telling.length > 0 ? telling : quotes)
      if (!found.has(name)) found.set(name, { item, quote })
  }
  return found
}

/** Mechanisms whose words a text has, with the words; null when only their spelt-out form matches. */
function quotesOf(text: string): readonly (readonly [Mechanism, string | null])[] {
  const spelt = text.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ')
  return CUES.flatMap(([name, pattern]): readonly (readonly [Mechanism, string | null])[] => {
    const raw = pattern.exec(text)
    if (raw !== null) return [[name, raw[0]]]
    return pattern.test(spelt) ? [[name, null]] : []
  })
}

/** All words of an alert. */
export function textsOf(alert: TimelineAlert): readonly string[] {
  return [alert.title, alert.description ?? '', ...Object.entries(alert.labels).flat()]
}
