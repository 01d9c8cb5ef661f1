/** What Coroot can be asked about a project. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import type { Details } from './details'

type Asked = Vendor<Details>
const project = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)
const time = z.iso.datetime()
const window = { from: time.optional(), to: time.optional() }
const between = ({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }) => ({
  from: from === undefined ? undefined : Date.parse(from),
  to: to === undefined ? undefined : Date.parse(to),
})
const at = ({ details }: Asked, project: string, path: string): string =>
  `${details.url}/api/project/${project}${path}`

export const operations = [
  operation({
    name: 'list_incidents',
    description: 'Incidents that Coroot found in a project.',
    input: z.strictObject({ project, ...window }),
    run: (vendor: Asked, { project, ...window }) =>
      read(vendor, withQuery(at(vendor, project, '/incidents'), between(window))),
  }),
  operation({
    name: 'list_applications',
    description: 'Applications of a project with their health.',
    input: z.strictObject({ project, ...window }),
    run: (vendor: Asked, { project, ...window }) =>
      read(vendor, withQuery(at(vendor, project, '/overview/applications'), between(window))),
  }),
  operation({
    name: 'get_application',
    description: 'An application with its checks and what it depends on.',
    input: z.strictObject({ project, application: z.string().min(1).max(300), ...window }),
    run: (vendor: Asked, { project, application, ...window }) =>
      read(
        vendor,
        withQuery(at(vendor, project, `/app/${encodeURIComponent(application)}`), between(window)),
      ),
  }),
]
