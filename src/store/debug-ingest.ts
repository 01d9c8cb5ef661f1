/** The bench's measuring points in the way of alerts. */
import { processingCost } from '../lib/processing-cost'
import { meterDatabase } from './metered'

/** One row of the bench's own table, which `npm run bench -- ingest` creates: what a delivery is compared with. */
export async function bareInsert(d1: D1Database, id: string, body: string): Promise<void> {
  await d1
    .prepare('INSERT INTO bench_deliveries (id, body, received_at) VALUES (?, ?, ?)')
    .bind(id, body, Date.now())
    .run()
}

/** The database as processing uses it: counted once the bench has asked, else itself. */
export function processingDatabase(d1: D1Database): D1Database {
  const cost = processingCost()
  return cost === null ? d1 : meterDatabase(d1, cost)
}
