/** What Netdata Cloud can be asked about its space. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read } from '../read'
import { API, type Details } from './details'

type Asked = Vendor<Details>
const roomId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/)
const space = ({ details }: Asked): string => `${API}/api/v2/spaces/${encodeURIComponent(details.spaceId)}`

export const operations = [
  operation({
    name: 'list_rooms',
    description: 'Rooms of the space.',
    input: z.strictObject({}),
    run: (vendor: Asked) => read(vendor, `${space(vendor)}/rooms`),
  }),
  operation({
    name: 'list_alerts',
    description: 'Alerts that are raised in a room now.',
    input: z.strictObject({ roomId }),
    run: (vendor: Asked, { roomId }) => read(vendor, `${space(vendor)}/rooms/${roomId}/alerts`),
  }),
  operation({
    name: 'list_nodes',
    description: 'Nodes of a room with their state.',
    input: z.strictObject({ roomId }),
    run: (vendor: Asked, { roomId }) => read(vendor, `${space(vendor)}/rooms/${roomId}/nodes`),
  }),
]
