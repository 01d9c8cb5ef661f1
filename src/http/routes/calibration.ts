/** How far the confidence of analyses can be trusted. */
import { Hono } from 'hono'
import * as z from 'zod'
import { readCalibration } from '../../services/calibration'
import { endpoint } from '../endpoint'
import type { App } from '../env'

const share = z.number().min(0).max(1).nullable()

export const calibration = new Hono<App>().get(
  '/api/analytics/calibration',
  endpoint({
    summary: 'How far the confidence of analyses is from what people thought of them, by verdict',
    who: 'viewer',
    bucket: 'default',
    answers: {
      200: z.object({
        judged: z.int(),
        brier: share,
        bands: z.array(
          z.object({
            verdict: z.enum(['confirmed', 'likely', 'inconclusive']),
            judged: z.int(),
            helpful: z.int(),
            confidence: share,
            brier: share,
          }),
        ),
      }),
    },
    failure: 'Failed to read the calibration',
  }),
  async (c) => {
    const read = await readCalibration(c.var.ctx)
    return c.json({ ...read, bands: [...read.bands] })
  },
)
