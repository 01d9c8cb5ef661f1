/** Names of things that run: what a suggestion speaks of must be something that the evidence knows. */
import { unknownName } from './grounding'

const KIND =
  '(?:pod|deployment|deploy|service|svc|statefulset|sts|daemonset|job|cronjob|node|namespace|configmap|secret|ingress|database|queue|topic|bucket|cluster|host|instance|container|table|function|volume)s?'
const NAME = '[a-z0-9][a-z0-9._-]*'
/** Options whose value names something. */
const OPTION =
  '(?:-n|--(?:namespace|context|cluster|service|deployment|pod|container|topic|queue|bucket|database|db|host|instance|function|table|project|region)(?:-(?:name|id|ids))?)'

const IN_COMMANDS: readonly RegExp[] = [
  new RegExp(`(?<![\\w-])(?:${KIND}|app)[/ =]\\s*(${NAME})`, 'gi'),
  new RegExp(`(?<![\\w-])${OPTION}[= ]\\s*(${NAME})`, 'gi'),
  // A compound word that is no option, no program and no setting: a host, a pod, a table.
  /(?<=[\s'"/:@,])([a-z0-9]+(?:[-._][a-z0-9]+)+)(?![\w-]*=)/gi,
  /(\bhttps?:\/\/[^\s'"<>]+)/gi,
]
const IN_PROSE: readonly RegExp[] = [
  new RegExp(`(?<![\\w-])${KIND}/(${NAME})`, 'gi'),
  new RegExp(`(?<![\\w-])${KIND} ([a-z0-9]+(?:-[a-z0-9]+)+)`, 'gi'),
  new RegExp(`(?<![\\w-])([a-z0-9]+(?:-[a-z0-9]+)+) ${KIND}(?![\\w-])`, 'gi'),
  /(?<![\w.-])((?:[a-z0-9-]{2,}\.)+(?:com|net|org|io|dev|app|cloud|internal|local))(?![\w-])/gi,
  /(\bhttps?:\/\/[^\s'"<>)\]]+)/gi,
]

/** Belongs to a product or to every cluster, or is a measure: nobody's own resource. */
const COMMON =
  /^(?:default|localhost|kube-system|pg_\w+|information_schema(?:\.\w+)?|performance_schema(?:\.\w+)?|[\d.]+[a-z%]*|(?:get|list|describe|show|update|set|put|create|add|start|stop|restart|run|wait|rollout|port|cluster|api)-[a-z-]+)$/i

/** The first thing that a command names and these words do not know, or null. `words` are in lower case. */
export const unknownInCommand = (command: string, words: string): string | null =>
  firstUnknown(command, IN_COMMANDS, words)

/** The same of a sentence, where a word with a hyphen is a thing only beside a word such as "service". */
export const unknownInProse = (text: string, words: string): string | null =>
  firstUnknown(text, IN_PROSE, words) ?? unknownName(text, words)

const firstUnknown = (text: string, patterns: readonly RegExp[], words: string): string | null =>
  patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map((match) => (match[1] ?? '').replace(/[.,;:]+$/, ''))
    .find((name) => name !== '' && !COMMON.test(name) && !words.includes(name.toLowerCase())) ?? null
