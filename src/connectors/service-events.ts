/** What a platform tells about some services around a moment, in sentences: one call of an investigation. */
import * as z from 'zod'
import { HOUR, MINUTE } from '../lib/time'
import { operation, type Operation, type OperationOutcome, type Vendor } from './operation'
import { ok, type Outcome } from './outcome'

/** Times in ms. */
export interface EventQuestion {
  readonly services: readonly string[]
  readonly from: number
  readonly to: number
}

/** Only services that the platform knows; a quiet one has no texts. The most telling text first. */
interface EventAnswer {
  readonly url: string
  readonly services: readonly { readonly service: string; readonly texts: readonly string[] }[]
  /** What the platform did not show, where it showed the rest. */
  readonly failed?: readonly string[]
}

const BEFORE = HOUR
const AFTER = 15 * MINUTE
const MOST_TEXTS = 15
const LONGEST_TEXT = 240

const input = z.strictObject({
  services: z.array(z.string().min(1).max(200)).min(1).max(4),
  /** The first sign of the trouble. */
  onset: z.iso.datetime(),
})

/** The operation over one vendor's way of telling. */
export const serviceEvents = <M>(
  description: string,
  tell: (vendor: Vendor<M>, question: EventQuestion) => Promise<Outcome<EventAnswer>>,
): Operation<M> =>
  operation({
    name: 'service_events',
    description,
    input,
    run: async (vendor: Vendor<M>, { services, onset }): Promise<OperationOutcome> => {
      const at = Date.parse(onset)
      const to = Math.max(at, Math.min(vendor.ctx.now(), at + AFTER))
      const told = await tell(vendor, { services, from: at - BEFORE, to })
      if (told.kind !== 'ok') return told
      return ok({
        url: told.value.url,
        status: 200,
        data: {
          shape: 'service_events',
          asked: services,
          failed: told.value.failed ?? [],
          services: told.value.services.map(({ service, texts }) => ({
            service,
            left: Math.max(0, texts.length - MOST_TEXTS),
            texts: texts.slice(0, MOST_TEXTS).map(short),
          })),
        },
      })
    },
  })

const short = (text: string): string =>
  text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT).replace(/[\uD800-\uDBFF]$/, '')}…` : text
