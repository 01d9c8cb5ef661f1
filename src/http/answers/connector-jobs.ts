import * as z from 'zod'
import { findConnector } from '../../connectors'
import type { readJob } from '../../services/connectors/read-job'

type Row = Awaited<ReturnType<typeof readJob>>
const free = z.record(z.string(), z.unknown())

export const jobAnswer = z.discriminatedUnion('state', [
  z.object({
    state: z.enum(['PENDING', 'STARTED']),
    status: z.string(),
    complete: z.literal(false),
    progress: z.literal(0),
  }),
  z.object({
    state: z.literal('PROGRESS'),
    status: z.string(),
    complete: z.literal(false),
    progress: z.int(),
    step: z.int(),
    total_steps: z.int(),
    propagation: free.nullable(),
  }),
  z.object({
    state: z.literal('SUCCESS'),
    status: z.literal('Setup completed'),
    complete: z.literal(true),
    result: free,
  }),
  z.object({
    state: z.literal('FAILURE'),
    status: z.string(),
    complete: z.literal(true),
    error: z.literal(true),
    code: z.string(),
  }),
])

/** A job as it is shown. Texts of the vendor are nowhere in it. */
export function showJob(job: Row): z.infer<typeof jobAnswer> {
  const texts = findConnector(job.provider)?.jobs[job.kind]?.texts
  switch (job.state) {
    case 'PENDING':
      return { state: 'PENDING', status: texts?.pending ?? 'Starting setup', complete: false, progress: 0 }
    case 'STARTED':
      return { state: 'STARTED', status: texts?.started ?? 'Setup is starting', complete: false, progress: 0 }
    case 'PROGRESS':
      return {
        state: 'PROGRESS',
        status: job.statusText ?? texts?.started ?? 'Setup is starting',
        complete: false,
        progress: job.progress,
        step: job.step,
        total_steps: job.totalSteps,
        propagation: job.propagationJson === null ? null : { ...job.propagationJson },
      }
    case 'SUCCESS':
      return { state: 'SUCCESS', status: 'Setup completed', complete: true, result: { ...job.resultJson } }
    case 'FAILURE':
      return {
        state: 'FAILURE',
        status: job.statusText ?? 'Setup failed',
        complete: true,
        error: true,
        code: job.errorCode ?? 'internal_error',
      }
  }
}
