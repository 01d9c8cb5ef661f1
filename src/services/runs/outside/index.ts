/** Tools that need no connection: they look at what is public, as the incident speaks of it. */
import { toolboxFrom, type Toolbox } from '../../../agent/run/toolbox'
import type { Tool } from '../../../agent/tools/tool'
import type { Ports } from '../../connectors/ports'
import { dnsQuery } from './dns-query'
import { fetchRunbook } from './fetch-runbook'
import { httpProbe } from './http-probe'
import { providerStatus } from './provider-status'

/** None where the deployment keeps to its connections. */
export const publicTools = (ports: Ports): readonly Tool[] =>
  ports.setting('PUBLIC_TOOLS') === 'off'
    ? []
    : [httpProbe, dnsQuery, providerStatus, fetchRunbook].map((toolOver) => toolOver(ports))

export const outsideTools = (ports: Ports): Toolbox => toolboxFrom(publicTools(ports), true)
