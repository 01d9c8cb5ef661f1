/** What Tailscale can be asked about its tailnet. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { API, tailnetUrl, type Details } from './details'

type Asked = Vendor<Details>
const id = z.string().regex(/^[A-Za-z0-9]{1,64}$/)
const time = z.iso.datetime()
const at = ({ details }: Asked, path: string): string => `${tailnetUrl(details)}${path}`

export const operations = [
  operation({
    name: 'list_devices',
    description: 'Devices with their addresses and when they were last seen.',
    input: z.strictObject({}),
    run: (vendor: Asked) => read(vendor, at(vendor, '/devices')),
  }),
  operation({
    name: 'get_device',
    description: 'One device.',
    input: z.strictObject({ id }),
    run: (vendor: Asked, { id }) => read(vendor, `${API}/device/${id}?fields=all`),
  }),
  operation({
    name: 'list_device_routes',
    description: 'Routes that a device advertises and that are enabled.',
    input: z.strictObject({ id }),
    run: (vendor: Asked, { id }) => read(vendor, `${API}/device/${id}/routes`),
  }),
  operation({
    name: 'list_routes',
    description: 'Devices with the routes that they advertise and that are enabled.',
    input: z.strictObject({}),
    run: (vendor: Asked) => read(vendor, at(vendor, '/devices?fields=all')),
  }),
  operation({
    name: 'dns_nameservers',
    description: 'Name servers of the tailnet.',
    input: z.strictObject({}),
    run: (vendor: Asked) => read(vendor, at(vendor, '/dns/nameservers')),
  }),
  operation({
    name: 'access_policy',
    description: 'The access policy of the tailnet.',
    input: z.strictObject({}),
    run: (vendor: Asked) => read(vendor, at(vendor, '/acl')),
  }),
  operation({
    name: 'tailnet_settings',
    description: 'Settings of the tailnet.',
    input: z.strictObject({}),
    run: (vendor: Asked) => read(vendor, at(vendor, '/settings')),
  }),
  operation({
    name: 'list_configuration_changes',
    description: 'Who changed what in the tailnet in a time window.',
    input: z.strictObject({ from: time, to: time }),
    run: (vendor: Asked, { from, to }) =>
      read(vendor, withQuery(at(vendor, '/logging/configuration'), { start: from, end: to })),
  }),
]
