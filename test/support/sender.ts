/** An organisation with a sender of generic JSON, whose deliveries are processed at once. */
import { newId } from '../../src/lib/ids'
import { anOrg, type Org } from './org'
import { processed } from './processed'

export async function aGenericSender(
  given?: Org,
  settings: Readonly<Record<string, unknown>> = { investigate: false },
) {
  const org = given ?? (await anOrg())
  const { body } = await org.post('/api/integrations', { source: 'generic', name: newId(), settings })
  const token: string = body.ingestToken
  const integrationId: string = body.integration.id
  /** Answers the delivery's id. */
  const send = async (payload: unknown): Promise<string> => {
    const answer = await org.call('POST', `/api/webhooks/generic/${token}`, payload)
    const deliveryId: string = answer.body.deliveryId
    await processed(deliveryId)
    return deliveryId
  }
  return { org, integrationId, token, send }
}

/** The incidents of an organisation by the titles of their alerts, sorted. */
export async function grouping(org: Org): Promise<string[][]> {
  const { body } = await org.get('/api/alerts?limit=200')
  const groups = new Map<string, string[]>()
  for (const { incidentId, title } of body.alerts)
    groups.set(incidentId, [...(groups.get(incidentId) ?? []), title].toSorted(inOrder))
  return [...groups.values()].toSorted((a, b) => inOrder(String(a), String(b)))
}

const inOrder = (a: string, b: string): number => (a < b ? -1 : 1)
