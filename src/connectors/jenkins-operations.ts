/** What a controller of Jenkins or CloudBees can be asked. Folders are written as Jenkins writes them: `team/checkout/main`. */
import * as z from 'zod'
import { headersOf } from './access'
import { operation, type OperationOutcome, type Vendor } from './operation'
import type { Details } from './jenkins-api'
import { read, withQuery } from './read'

type Asked = Vendor<Details>

const job = z
  .string()
  .min(1)
  .max(500)
  .refine(
    (path) => path.split('/').every((name) => name !== '' && name !== '.' && name !== '..'),
    'Invalid job',
  )
const build = z.union([z.int().positive(), z.enum(['lastBuild', 'lastFailedBuild', 'lastSuccessfulBuild'])])
const BUILD = 'number,result,timestamp,duration,building,displayName'

const at = ({ details }: Asked, path: string): string =>
  `${details.baseUrl}${path
    .split('/')
    .map((name) => `/job/${encodeURIComponent(name)}`)
    .join('')}`

const MOST_OF_A_LOG = 200_000

/** A build says at the end why it failed: its log is read from there, as far as Jenkins tells how long it is. */
async function tailOfLog(vendor: Asked, url: string, bytes: number): Promise<OperationOutcome> {
  const sized = await vendor.ctx.fetch(url, { method: 'HEAD', headers: headersOf(vendor.access) })
  const size = sized.kind === 'ok' ? Number(sized.value.headers.get('x-text-size') ?? '0') : 0
  const start = Number.isSafeInteger(size) ? Math.max(0, size - bytes) : 0
  return read(vendor, withQuery(url, { start }), { headers: { accept: 'text/plain' } })
}

export const operations = [
  operation({
    name: 'list_builds',
    description: 'The last builds of a job with their results and times (ms).',
    input: z.strictObject({ job, limit: z.int().min(1).max(100).default(20) }),
    run: (vendor: Asked, { job, limit }) =>
      read(vendor, withQuery(`${at(vendor, job)}/api/json`, { tree: `builds[${BUILD}]{0,${limit}}` })),
  }),
  operation({
    name: 'get_build',
    description: 'A build with what caused it, its parameters and the commits it brought.',
    input: z.strictObject({ job, build }),
    run: (vendor: Asked, { job, build }) =>
      read(
        vendor,
        withQuery(`${at(vendor, job)}/${build}/api/json`, {
          tree: `${BUILD},actions[causes[shortDescription],lastBuiltRevision[SHA1],remoteUrls],changeSets[items[commitId,msg,timestamp,author[fullName],affectedPaths]]`,
        }),
      ),
  }),
  operation({
    name: 'get_build_log',
    description: 'The end of the log of a build.',
    input: z.strictObject({ job, build, bytes: z.int().min(1000).max(MOST_OF_A_LOG).default(50_000) }),
    run: (vendor: Asked, { job, build, bytes }) =>
      tailOfLog(vendor, `${at(vendor, job)}/${build}/logText/progressiveText`, bytes),
  }),
  operation({
    name: 'get_queue',
    description: 'Builds that wait, and what for.',
    input: z.strictObject({}),
    run: (vendor: Asked) =>
      read(
        vendor,
        withQuery(`${vendor.details.baseUrl}/queue/api/json`, {
          tree: 'items[id,why,inQueueSince,stuck,blocked,task[name]]',
        }),
      ),
  }),
  operation({
    name: 'list_nodes',
    description: 'Nodes that build, and why one is offline.',
    input: z.strictObject({}),
    run: (vendor: Asked) =>
      read(
        vendor,
        withQuery(`${vendor.details.baseUrl}/computer/api/json`, {
          tree: 'totalExecutors,busyExecutors,computer[displayName,offline,offlineCauseReason,numExecutors]',
        }),
      ),
  }),
]
