/** What Scaleway can be asked. Zones and regions come from closed lists: they go into paths. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { API, type Details } from './details'

type Asked = Vendor<Details>
export const ZONES = [
  'fr-par-1',
  'fr-par-2',
  'fr-par-3',
  'nl-ams-1',
  'nl-ams-2',
  'nl-ams-3',
  'pl-waw-1',
  'pl-waw-2',
  'pl-waw-3',
] as const
const zone = z.enum(ZONES)
const region = z.enum(['fr-par', 'nl-ams', 'pl-waw'])
const id = z.uuid()
const project = id.optional()

export const operations = [
  operation({
    name: 'list_instances',
    description: 'Instances of a zone with their state.',
    input: z.strictObject({ zone, project }),
    run: (vendor: Asked, { zone, project }) =>
      read(vendor, withQuery(`${API}/instance/v1/zones/${zone}/servers`, { project, per_page: 100 })),
  }),
  operation({
    name: 'get_instance',
    description: 'One instance.',
    input: z.strictObject({ zone, id }),
    run: (vendor: Asked, { zone, id }) => read(vendor, `${API}/instance/v1/zones/${zone}/servers/${id}`),
  }),
  operation({
    name: 'list_clusters',
    description: 'Kubernetes clusters of a region with their state.',
    input: z.strictObject({ region, project }),
    run: (vendor: Asked, { region, project }) =>
      read(
        vendor,
        withQuery(`${API}/k8s/v1/regions/${region}/clusters`, { project_id: project, page_size: 100 }),
      ),
  }),
  operation({
    name: 'list_databases',
    description: 'Managed databases of a region with their state.',
    input: z.strictObject({ region, project }),
    run: (vendor: Asked, { region, project }) =>
      read(
        vendor,
        withQuery(`${API}/rdb/v1/regions/${region}/instances`, { project_id: project, page_size: 100 }),
      ),
  }),
]
