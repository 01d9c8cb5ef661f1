/** What many answers have in common. */
import * as z from 'zod'

/** ISO 8601 in UTC. */
export const time = z.iso.datetime()
export const maybeTime = time.nullable()

export const severity = z.enum(['critical', 'high', 'medium', 'low', 'unknown'])
