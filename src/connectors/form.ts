/** What connect forms of several vendors have in common. */
import * as z from 'zod'
import type { Schema } from '../lib/schema'

/** Takes members under their other names as well; the canonical name wins. `{ api_token: 'apiToken' }` reads the former as the latter. */
export const alsoNamed = <S extends Schema>(names: Readonly<Record<string, string>>, schema: S) =>
  z.preprocess((input) => {
    if (typeof input !== 'object' || input === null) return input
    const given: Record<string, unknown> = { ...input }
    for (const [other, canonical] of Object.entries(names)) given[canonical] ??= given[other]
    return given
  }, schema)

/** Identifiers that vendors write as numbers and people as text. */
export const numberAsText = <S extends Schema>(schema: S) =>
  z.preprocess((input) => (typeof input === 'number' ? String(input) : input), schema)
