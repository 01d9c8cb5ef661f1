/** Whether what a model states stands in the evidence that it cites: its numbers, and names with digits in them. */

/** What evidence says, ready to be looked up. */
export interface Said {
  /** Lower case, white space collapsed. */
  readonly words: string
  readonly numbers: readonly number[]
  /** Moments, ms since the epoch. */
  readonly times: readonly number[]
}

/** Numbers that stand for themselves or with a measure, not those inside of times, names and addresses. */
const NUMBER =
  /(?<![\p{L}\p{N}_.-])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?=(?:ms|s|%|[kmgt]i?b)?(?![\p{L}\p{N}_:-]|\.\d))/gu
const MOMENT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z?/g
const MOST_TIMES = 80

/** Reads texts of evidence once, for all the claims that cite it. */
export function readSaid(words: string): Said {
  const times = [...words.toUpperCase().matchAll(MOMENT)].map(([text]) =>
    Date.parse(text.endsWith('Z') ? text : `${text}Z`),
  )
  return {
    words,
    numbers: [...new Set([...words.matchAll(NUMBER)].map(([text]) => Number(text)))],
    times: [...new Set(times.filter((time) => !Number.isNaN(time)))].slice(0, MOST_TIMES),
  }
}

const UNITS: Readonly<Record<string, readonly number[]>> = {
  // By how much a stated number may have been scaled from what the evidence says.
  '%': [1, 100],
  ms: [1, 1000, 1e-6],
  s: [1, 1e-3, 1e-9],
  sec: [1, 1e-3, 1e-9],
  second: [1, 1e-3, 1e-9],
  seconds: [1, 1e-3, 1e-9],
  min: [1, 1 / 60, 1 / 60_000],
  minute: [1, 1 / 60, 1 / 60_000],
  minutes: [1, 1 / 60, 1 / 60_000],
  h: [1, 1 / 3600, 1 / 3_600_000],
  hour: [1, 1 / 3600, 1 / 3_600_000],
  hours: [1, 1 / 3600, 1 / 3_600_000],
  kb: [1, 1e-3],
  mb: [1, 1e-6],
  gb: [1, 1e-9],
  kib: [1, 1 / 1024],
  mib: [1, 1 / 1024 ** 2],
  gib: [1, 1 / 1024 ** 3],
  k: [1, 1e-3],
  percent: [1, 100],
}
const SPAN_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
}

const STATED = /(?<![\p{L}\p{N}_.#-])(\d+(?:,\d{3})*(?:\.\d+)?)(?:\s?(%|[a-z]+\b))?(?![\p{N}_-])/giu
const CLOCK = /\b\d{1,2}:\d{2}(?::\d{2})?\b/g
/** Words that carry a digit and name something: a pod, a build, a host. */
const NAME =
  /(?<![\p{L}\p{N}])(?=[\p{L}\p{N}._/#:-]*\p{N})(?=[\p{L}\p{N}._/#:-]*\p{L})[\p{L}\p{N}][\p{L}\p{N}._/#:-]{3,}/gu
const COMMON =
  /^(?:\d+(?:\.\d+)?[a-z%]{1,7}|\d+(?:st|nd|rd|th)|p\d{2,3}|[1-5]xx|http\/?[\d.]+|ipv[46]|utf-?8|sha-?\d+|k8s|s3|ec2|oauth2|base64)$/i

/** The first number or name of a text that the evidence does not know, or null. */
export function unfounded(text: string, said: Said): string | null {
  const moment = [...text.matchAll(MOMENT)]
    .map(([one]) => one)
    .find((one) => !said.words.includes(one.toLowerCase()))
  if (moment !== undefined) return moment
  const rest = text.replaceAll(MOMENT, ' ')
  const clock = [...rest.matchAll(CLOCK)].map(([time]) => time).find((time) => !knowsClock(time, said))
  if (clock !== undefined) return clock
  const plain = rest.replaceAll(CLOCK, ' ')
  const stranger = unknownName(plain, said.words)
  if (stranger !== null) return stranger
  for (const [, figure = '', unit = ''] of plain
    .replaceAll(NAME, (name) => (COMMON.test(name) ? name : ' '))
    .matchAll(STATED))
    if (!knowsNumber(figure, unit.toLowerCase(), said))
      return unit.toLowerCase() in UNITS ? `${figure} ${unit}` : figure
  return null
}

/** The first name with a digit in it that these words, in lower case, do not hold, or null. */
export const unknownName = (text: string, words: string): string | null =>
  [...text.matchAll(NAME)]
    .map(([raw]) => raw.replace(/[.:/#-]+$/, ''))
    .find((name) => !COMMON.test(name) && !words.includes(name.toLowerCase())) ?? null

function knowsNumber(figure: string, unit: string, said: Said): boolean {
  const text = figure.replaceAll(',', '')
  const stated = Number(text)
  if (/^(?:st|nd|rd|th)$/.test(unit)) return true
  // One to nine without a measure are counts of what is listed: services, alerts, causes.
  if (Number.isInteger(stated) && stated < 10 && !(unit in UNITS)) return true
  const places = text.split('.')[1]?.length ?? 0
  const near = (value: number): boolean => Math.abs(Math.abs(value) - stated) <= 0.5 * 10 ** -places + 1e-9
  const scales = UNITS[unit] ?? [1]
  if (said.numbers.some((number) => scales.some((scale) => near(number * scale)))) return true
  const span = SPAN_MS[unit]
  if (span === undefined) return false
  return said.times.some((from) => said.times.some((to) => to > from && near((to - from) / span)))
}

function knowsClock(clock: string, said: Said): boolean {
  if (said.words.includes(clock)) return true
  const [hours = '', minutes = '', seconds] = clock.split(':')
  const wanted = Number(hours) * 60 + Number(minutes)
  return said.times.some((time) => {
    const date = new Date(time)
    const same = date.getUTCHours() * 60 + date.getUTCMinutes() === wanted
    return same && (seconds === undefined || date.getUTCSeconds() === Number(seconds))
  })
}
