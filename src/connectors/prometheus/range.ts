/** Numbers over time: a query around a moment as equidistant values. */
import * as z from 'zod'
import { mapOk, ok, type Outcome } from '../outcome'
import type { Vendor } from '../operation'
import { read, withQuery } from '../read'
import type { Series } from '../series'
import type { Details } from './settings'
import { converted, type Unit } from './units'

const STEP_SECONDS = 60
const MINUTE = 60_000
const BEFORE = 60 * MINUTE
const AFTER = 15 * MINUTE

/** ms */
export interface Window {
  readonly start: number
  readonly end: number
}

const matrix = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
})
export type Result = z.infer<typeof matrix>['data']['result'][number]

/** An hour before the first sign, and a quarter of an hour after it as far as that is over. */
export const windowAround = (onset: number, now: number): Window => ({
  start: onset - BEFORE,
  end: Math.min(now, onset + AFTER),
})

/** What a query answers over the window. A query that the server cannot run is the vendor's trouble, not the caller's. */
export async function readRange(
  vendor: Vendor<Details>,
  query: string,
  { start, end }: Window,
): Promise<Outcome<readonly Result[]>> {
  const url = withQuery(`${vendor.details.baseUrl}/api/v1/query_range`, {
    query,
    start: start / 1000,
    end: end / 1000,
    step: STEP_SECONDS,
  })
  const answer = await read(vendor, url)
  if (answer.kind === 'invalid_arguments' || answer.kind === 'not_found') return { kind: 'vendor_error' }
  const parsed = mapOk(answer, ({ data }) => matrix.safeParse(data))
  if (parsed.kind !== 'ok') return parsed
  return parsed.value.success ? ok(parsed.value.data.data.result) : { kind: 'vendor_error' }
}

/** One result as a series. */
export function seriesOf<Profile extends string>(
  { name, profile, unit }: { readonly name: string; readonly profile: Profile; readonly unit: Unit },
  { values: points }: Result,
  { start, end }: Window,
): Series<Profile> {
  const byTime = new Map(points.map(([seconds, text]) => [Math.round(seconds * 1000), Number(text)]))
  const length = Math.floor((end - start) / (STEP_SECONDS * 1000)) + 1
  const values = Array.from({ length }, (_, index) => {
    const value = byTime.get(start + index * STEP_SECONDS * 1000)
    return value === undefined || !Number.isFinite(value) ? null : value
  })
  return { name, profile, start, stepSeconds: STEP_SECONDS, values: converted(values, unit) }
}

/** Those that reach highest. */
export const highest = <Profile extends string>(
  all: readonly Series<Profile>[],
  most: number,
): readonly Series<Profile>[] => all.toSorted((a, b) => peakOf(b.values) - peakOf(a.values)).slice(0, most)

const peakOf = (values: readonly (number | null)[]): number =>
  values.reduce<number>((peak, value) => Math.max(peak, value ?? -Infinity), -Infinity)
