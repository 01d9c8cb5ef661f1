/** What Spinnaker can be asked. Nothing here starts a pipeline. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import type { Details } from './details'

type Asked = Vendor<Details>
const application = z.string().regex(/^[A-Za-z0-9_.-]{1,250}$/)
const at = ({ details }: Asked, path: string): string => `${details.baseUrl}${path}`

export const operations = [
  operation({
    name: 'list_pipelines',
    description: 'The last executions of the pipelines of an application, newest first.',
    input: z.strictObject({
      application,
      limit: z.int().min(1).max(50).default(10),
      statuses: z
        .string()
        .regex(/^[A-Z_,]{1,200}$/)
        .optional(),
    }),
    run: (vendor: Asked, { application, limit, statuses }) =>
      read(
        vendor,
        withQuery(at(vendor, `/applications/${application}/pipelines`), { limit, statuses, expand: false }),
      ),
  }),
  operation({
    name: 'get_pipeline',
    description: 'One execution with its stages.',
    input: z.strictObject({ id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/) }),
    run: (vendor: Asked, { id }) => read(vendor, at(vendor, `/pipelines/${id}`)),
  }),
  operation({
    name: 'list_pipeline_configs',
    description: 'The pipelines that an application has.',
    input: z.strictObject({ application }),
    run: (vendor: Asked, { application }) =>
      read(vendor, at(vendor, `/applications/${application}/pipelineConfigs`)),
  }),
  operation({
    name: 'list_server_groups',
    description: 'What is deployed of an application, with its image and health.',
    input: z.strictObject({ application }),
    run: (vendor: Asked, { application }) =>
      read(vendor, withQuery(at(vendor, `/applications/${application}/serverGroups`), { expand: false })),
  }),
  operation({
    name: 'list_tasks',
    description: 'Changes that people made by hand to an application, newest first.',
    input: z.strictObject({ application, limit: z.int().min(1).max(50).default(10) }),
    run: (vendor: Asked, { application, limit }) =>
      read(vendor, withQuery(at(vendor, `/applications/${application}/tasks`), { limit })),
  }),
]
