/** A Prometheus connection: the address and credential of a query endpoint, and how its metrics name services. */
import * as z from 'zod'
import { optional } from '../../lib/fields'
import * as endpoint from '../query-endpoint'
import { mapOk } from '../outcome'
import { KINDS, type MetricKind } from '../series'

const INVALID_LABEL = 'Invalid serviceLabel'
const INVALID_PROFILE = `metricProfile must map kinds (${KINDS.join(', ')}) to PromQL in which "S" stands for the service`

const query = z
  .string({ error: INVALID_PROFILE })
  .max(2000, { error: INVALID_PROFILE })
  .refine((text) => text.includes('"S"'), { error: INVALID_PROFILE })
const profile = z.partialRecord(z.enum(KINDS), query, { error: INVALID_PROFILE })

export const form = endpoint.form.safeExtend({
  serviceLabel: optional(
    z.string({ error: INVALID_LABEL }).regex(/^[a-zA-Z_]\w{0,99}$/, { error: INVALID_LABEL }),
  ),
  metricProfile: optional(profile),
})

/** Connections from before there was this have none of it. */
export const naming = z.object({
  serviceLabel: z.string().nullable().default(null),
  metricProfile: z.partialRecord(z.enum(KINDS), z.string()).default({}),
})
export const settings = endpoint.settings.extend(naming.shape)
export const details = endpoint.details.extend(naming.shape)
export type Details = z.output<typeof details>

/** The connection's own queries by kind. */
export const ownQueries = ({ metricProfile }: Details): readonly (readonly [MetricKind, string])[] =>
  KINDS.flatMap((kind) => {
    const own = metricProfile[kind]
    return own === undefined ? [] : [[kind, own] as const]
  })

/** The credential of a checked form. */
export const readForm = (input: z.output<typeof form>, ownHosts: readonly string[]) =>
  mapOk(endpoint.readForm(input, ownHosts), ({ secret, settings }) => ({
    secret,
    settings: {
      ...settings,
      serviceLabel: input.serviceLabel ?? null,
      metricProfile: input.metricProfile ?? {},
    },
  }))
