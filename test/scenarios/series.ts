/** Metrics as a monitoring system shows them: noisy, with gaps, and the same every time. */

import type { Course } from './scenario'

export const STEP = 30
export const START = -3600
const END = 900
const NOISE = 0.05

/** Values from START on, one each STEP seconds, null where there is no point. The name is the seed. */
export function valuesOf(name: string, course: Course): readonly (number | null)[] {
  const random = randomFrom(seedOf(name))
  return Array.from({ length: (END - START) / STEP + 1 }, (_, index) => {
    const time = START + index * STEP
    const noise = 1 + (course.noise ?? NOISE) * bell(random)
    const missing = random() < (course.gaps ?? 0) || time >= (course.ends ?? Infinity)
    const [share, period] = course.wave ?? [0, 1]
    const wave = 1 + share * Math.sin((2 * Math.PI * time) / period)
    return missing ? null : Number(Math.max(0, levelAt(course, time) * wave * noise).toPrecision(5))
  })
}

function levelAt({ usual, moves = [] }: Course, time: number): number {
  let level = usual
  for (const [at, value, over = 0] of moves) {
    const done = over === 0 ? Number(time >= at) : Math.min(1, Math.max(0, (time - at) / over))
    level += (value - level) * done
  }
  return level
}

/** Nearly normal, of variance 1: the sum of three even ones. */
const bell = (random: () => number): number => 2 * (random() + random() + random() - 1.5)

/** FNV-1a. */
function seedOf(name: string): number {
  return Array.from(name).reduce(
    (hash, letter) => Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619),
    2_166_136_261,
  )
}

/** mulberry32 by Tommy Ettinger (public domain). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
