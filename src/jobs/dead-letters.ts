/** Messages that used up the queue's own tries. Their rows are the truth: deliveries get a reason that a person can read, runs are found by the sweep. */
import { log } from '../lib/log'
import { Dispatch } from '../store/dispatch'
import { ingestMessageSchema } from './messages'

export async function consumeDeadIngest(batch: MessageBatch, env: Env): Promise<void> {
  const ids = batch.messages.flatMap(({ body }) => {
    const parsed = ingestMessageSchema.safeParse(body)
    return parsed.success ? [parsed.data.deliveryId] : []
  })
  try {
    await new Dispatch(env.DB).buryDeliveries(ids, 'queue_exhausted', 'the queue gave up on its message')
    batch.ackAll()
  } catch (error) {
    log.error('dead_letter.failed', error, { messages: ids.length })
    batch.retryAll({ delaySeconds: 60 })
  }
}

export function consumeDeadJobs(batch: MessageBatch): void {
  log.warn('job.dead', { messages: batch.messages.length })
  batch.ackAll()
}
