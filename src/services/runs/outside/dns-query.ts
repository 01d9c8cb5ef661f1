import * as z from 'zod'
import { refuseUrl } from '../../../connectors/address'
import { resolverFetch } from '../../../connectors/public-web'
import { lookUp, RECORD_TYPES } from '../../../connectors/resolve'
import { tool, type Tool } from '../../../agent/tools/tool'
import type { Ports } from '../../connectors/ports'
import { mentionedIn } from './mentioned'
import { denied, failedWith, rulesOf, told } from './outcome'

const NAME = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i

/** What a public resolver says of a name. */
export const dnsQuery = (ports: Ports): Tool =>
  tool({
    name: 'dns_query',
    description:
      'What a public resolver answers for a public name that the incident speaks of: response code (NOERROR, NXDOMAIN, SERVFAIL) and records with their time to live.',
    access: 'read',
    input: z.strictObject({
      name: z.string().toLowerCase().regex(NAME, 'Invalid name'),
      type: z.enum(RECORD_TYPES).default('A'),
    }),
    run: async ({ name, type }, context) => {
      const rules = rulesOf(ports)
      const refusal = refuseUrl(new URL(`https://${name}`), 'self_hosted', rules.ownHosts)
      if (refusal !== null) return denied(refusal)
      if (!(await mentionedIn(context)).domain(name)) return denied('The incident names no such host')
      const found = await lookUp(resolverFetch(rules), name, type)
      return found.kind === 'ok' ? told({ name, type, ...found.value }) : failedWith(found)
    },
  })
