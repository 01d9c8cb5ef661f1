/** Scaleway's instances, which it lists a zone at a time. */
import * as z from 'zod'
import { scaleway } from '../../connectors/scaleway'
import { ZONES } from '../../connectors/scaleway/operations'
import type { Ctx } from '../context'
import { askConnection } from './ask'
import type { Ports } from './ports'

const servers = z.object({ servers: z.array(z.unknown()) })

/** The servers of every zone; Scaleway's own entries. @throws AppError not_connected, vendor refusals */
export async function listServers(ctx: Ctx, ports: Ports): Promise<readonly unknown[]> {
  const zones = await Promise.all(
    ZONES.map((zone) => askConnection(ctx, ports, scaleway, 'list_instances', { zone })),
  )
  return zones.flatMap((zone) => servers.catch({ servers: [] }).parse(zone).servers)
}
