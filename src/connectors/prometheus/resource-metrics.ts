/** What a service can run out of: pools, queues, memory, processor, disk, as applications and exporters name it. */
import { perSecond, reading, stemOf, type Found, type MetricQuery, type Rule } from './metric'
import { sizeUnitOf } from './units'

const USED = ['used', 'active', 'busy', 'open', 'current', 'use', 'usage', 'connected', 'leased'] as const
const LIMIT = ['max', 'maximum', 'limit', 'capacity'] as const
/** Limits of what is counted in bytes; of other things a total is a counter. */
const WHOLE = ['size', 'total'] as const
const LEFT = ['avail', 'available', 'free', 'remaining'] as const
/** Words that tell where a number comes from, not what it is about. */
const ORIGIN = [
  'in',
  'global',
  'status',
  'variables',
  'config',
  'settings',
  'stat',
  'stats',
  'database',
  'threads',
]
const OF_USE = new Set<string>([...USED, ...LIMIT, ...WHOLE, ...LEFT, ...ORIGIN])

const WAITING =
  /(?:^|_)(?:pending(?:_requests|_threads)?|waiting|waiters|queued|backlog|lag|lag_seconds|in_?flight|outstanding|unacknowledged|unacked|messages(?:_ready)?|queue_(?:length|size|depth)|replication_(?:lag|delay)(?:_seconds)?|seconds_behind_(?:master|source))$/
const HELD =
  /(?:^|_)(?:sockets?|connections?|sessions?|open_fds)(?:_(?:active|open|established|current|count|usage|used))*$/
const CPU =
  /(?:^|_)cpu(?:_(?:usage|used|utili[sz]ation|util|load|cores|percent(?:age)?|ratio|seconds|time|total))*$/
const MEMORY =
  /(?:^|_)(?:mem|memory|rss|heap)(?:_(?:usage|used|utili[sz]ation|util|resident|working_set|heap|bytes|kb|kib|mb|mib|percent(?:age)?|ratio))*$/
const DISK =
  /(?:^|_)(?:disk_?io|io|disk_(?:reads?|writes?|read_bytes|written_bytes))(?:_(?:bytes|total|rate))*$/
const FULL =
  /(?:^|_)(?:disk|filesystem|volume|storage)_(?:usage|used|utili[sz]ation)(?:_(?:percent(?:age)?|ratio))$/
const SHARE = /(?:percent(?:age)?|ratio|util|utili[sz]ation)$/
const COLLECTING = /(?:^|_)gc_(?:pause|collection|duration)_seconds_sum$/

export const resourceRule: Rule = (found) => {
  const name = found.name.toLowerCase()
  return ofPair(found) ?? ofGarbage(found, name) ?? ofWaiting(found, name) ?? ofAmount(found, name)
}

/** An amount in use with the most that there may be, or what is left of it, as a share. */
function ofPair(found: Found): readonly MetricQuery[] | null {
  const limit = limitOf(found)
  if (limit === null) return null
  const { name, labels, selection } = found
  const heap = labels.get('area')?.has('heap') === true ? ',area="heap"' : ''
  const amount = selection.metric(name, heap)
  const most = selection.metric(limit, heap)
  // The fullest disk counts, not all of them together.
  if (says(name, LEFT)) return [reading('saturation', name, selection.by('max', `1 - ${amount} / ${most}`))]
  const share = `${selection.by('sum', amount)} / (${selection.by('sum', most)} > 0)`
  return [reading('saturation', name, share)]
}

/** The metric beside this one that is its limit: the same words, but for those of use. */
function limitOf({ name, beside }: Found): string | null {
  if (says(name, LIMIT) || !(says(name, USED) || says(name, LEFT))) return null
  const stem = stemOf(spell(name), OF_USE)
  const isLimit = (other: string): boolean =>
    (says(other, LIMIT) || (says(other, WHOLE) && /_bytes$/i.test(other))) && !says(other, LEFT)
  return [...beside.keys()].find((other) => isLimit(other) && stemOf(spell(other), OF_USE) === stem) ?? null
}

const says = (name: string, words: readonly string[]): boolean =>
  spell(name)
    .split('_')
    .some((word) => words.includes(word))

/** Words apart, `MemAvailable` and `maxclients` being two each; what databases call a connection is one. */
const spell = (name: string): string =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/_max(?=[a-z])/, '_max_')
    .replace(/threads_connected|numbackends|stat_activity_count/, 'connections_used')

function ofGarbage(found: Found, name: string): readonly MetricQuery[] | null {
  return COLLECTING.test(name) ? [reading('saturation', found.name, perSecond(found, found.name))] : null
}

function ofWaiting(found: Found, name: string): readonly MetricQuery[] | null {
  if (!WAITING.test(name) && !HELD.test(name)) return null
  return [reading('backlog', found.name, found.selection.by('sum', found.selection.metric(found.name)))]
}

function ofAmount(found: Found, name: string): readonly MetricQuery[] | null {
  const { selection } = found
  const gauge = selection.metric(found.name)
  const isCounter = name.endsWith('_total')
  const sum = isCounter ? perSecond(found, found.name) : selection.by('sum', gauge)
  if (FULL.test(name) || (SHARE.test(name) && (CPU.test(name) || MEMORY.test(name))))
    return [reading('saturation', found.name, selection.by('max', gauge), 'share')]
  if (CPU.test(name)) return [reading('cpu', found.name, sum)]
  if (MEMORY.test(name) && !isCounter) return [reading('memory', found.name, sum, sizeUnitOf(name))]
  return DISK.test(name) ? [reading('disk_io', found.name, sum)] : null
}
