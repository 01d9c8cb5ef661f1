/** Error lines of services in Cloud Logging, in the projects that were chosen, else in those that the account sees. */
import * as z from 'zod'
import { ERROR_WORDS } from '../../lib/line-templates'
import { iso } from '../../lib/time'
import type { Vendor } from '../operation'
import { mapOk, ok } from '../outcome'
import { quoted } from '../quoted'
import { readingAs, readPost } from '../read'
import { MOST_BYTES, serviceLogs } from '../service-logs'
import type { Details } from './details'
import { projectsToRead } from './projects'

const URL = 'https://logging.googleapis.com/v2/entries:list'
const MOST_PROJECTS = 10
/** Fields that name the service of an entry. */
const NAMES = [
  'resource.labels.container_name',
  'resource.labels.service_name',
  'resource.labels.function_name',
  'resource.labels.module_id',
  'labels."k8s-pod/app"',
  'labels."k8s-pod/app_kubernetes_io/name"',
]
const WORDS = `"(?i)(${ERROR_WORDS.join('|')})"`
const ERRORS = `(severity>=ERROR OR textPayload=~${WORDS} OR jsonPayload.message=~${WORDS})`

const entries = z.object({
  entries: z
    .array(
      z.object({
        timestamp: z.string(),
        textPayload: z.string().nullish(),
        jsonPayload: z
          .object({ message: z.string().nullish().catch(null), msg: z.string().nullish().catch(null) })
          .nullish(),
      }),
    )
    .default([]),
})

export const gcpServiceLogs = serviceLogs(async (vendor: Vendor<Details>) => {
  const projects = await projectsToRead(vendor, MOST_PROJECTS)
  if (projects.kind !== 'ok') return projects
  const resourceNames = projects.value.map((id) => `projects/${id}`)
  return ok({
    url: URL,
    search: async ({ service, from, to, only, limit }) => {
      const own = NAMES.map((name) => `${name}=${quoted(service)}`).join(' OR ')
      const window = `timestamp>="${iso(from)}" AND timestamp<="${iso(to)}"`
      const filter = `(${own}) AND ${window}${only === 'any' ? '' : ` AND ${ERRORS}`}`
      const body = { resourceNames, filter, orderBy: 'timestamp desc', pageSize: limit }
      const found = readingAs(await readPost(vendor, URL, body, { maxBytes: MOST_BYTES }), entries)
      return mapOk(found, (it) =>
        it.entries.map(({ timestamp, textPayload, jsonPayload }) => ({
          at: Date.parse(timestamp),
          text: textPayload ?? jsonPayload?.message ?? jsonPayload?.msg ?? '',
        })),
      )
    },
  })
})
