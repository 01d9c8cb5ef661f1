/** A fake that knows more than its fixture: what its credential check lets through may be answered by the test. */
import { env } from 'cloudflare:workers'
import { readingPorts } from '../../../src/services/connectors/ports'
import { toolboxOf } from '../../../src/services/runs/connected-tools'
import { openTenant } from '../../../src/store/tenant-db'
import { anOrgFor, connect, variablesOf } from '../support'
import type { Fake, Seen } from './fake'
import { plugIn } from './network'

/** `more` answers first, null leaves it to the fake; refused credentials stay refused. */
export const answering = (fake: Fake, more: (seen: Seen) => Response | null): Fake => ({
  ...fake,
  answer: async (seen) => {
    const usual = await fake.answer(seen)
    return usual.status === 401 || usual.status === 403 ? usual : (more(seen) ?? usual)
  },
})

/** An organisation that is connected to a vendor, and perhaps to others that need no more than it, and its toolbox. */
export async function connectedTo(fake: Fake, ...others: readonly Fake[]) {
  const network = plugIn([fake, ...others])
  const { org, client } = await anOrgFor(fake)
  for (const one of [fake, ...others])
    if ((await connect(one, client)) !== 200) throw new Error(`${one.id} is not connected`)
  const ports = readingPorts(env, { ...env, ...variablesOf(fake) })
  const db = openTenant(env.DB, org.orgId)
  const tools = await toolboxOf(db, ports)
  return {
    org,
    db,
    network,
    tools,
    /** What a tool says, as evidence would hold it. */
    ask: async (name: string, args: unknown) => {
      const context = { reads: Object(null), now: Date.now(), evidence: [], given: [] }
      const outcome = await tools.run(name, args, context)
      if (outcome.kind === 'refused') throw new Error(outcome.message)
      const { status, output } = outcome.result
      return { status, output: JSON.parse(output) }
    },
  }
}
