/** What Google Cloud can be asked. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, readPost, withQuery } from '../read'
import type { Details } from './details'
import { gcpServiceLogs } from './service-logs'
import { gcpServiceMetrics } from './service-metrics'

const time = z.iso.datetime()
const projectId = z.string().regex(/^[a-z0-9.:-]{4,100}$/)

export const operations = [
  gcpServiceMetrics,
  gcpServiceLogs,
  operation({
    name: 'list_log_entries',
    description: 'Log entries of a project that match a Cloud Logging filter, newest first.',
    input: z.strictObject({
      projectId,
      filter: z.string().max(4000).default(''),
      from: time,
      to: time,
      limit: z.int().min(1).max(500).default(100),
    }),
    run: (vendor: Vendor<Details>, { projectId, filter, from, to, limit }) => {
      const window = `timestamp>="${from}" AND timestamp<="${to}"`
      return readPost(vendor, 'https://logging.googleapis.com/v2/entries:list', {
        resourceNames: [`projects/${projectId}`],
        filter: filter.trim() === '' ? window : `(${filter}) AND ${window}`,
        orderBy: 'timestamp desc',
        pageSize: limit,
      })
    },
  }),
  operation({
    name: 'list_time_series',
    description:
      'Points of a Cloud Monitoring metric, such as `metric.type="run.googleapis.com/request_count"`.',
    input: z.strictObject({
      projectId,
      filter: z.string().min(1).max(4000),
      from: time,
      to: time,
      alignmentSeconds: z.int().min(60).max(86_400).default(60),
      aligner: z
        .enum(['ALIGN_MEAN', 'ALIGN_RATE', 'ALIGN_SUM', 'ALIGN_MAX', 'ALIGN_MIN', 'ALIGN_PERCENTILE_99'])
        .default('ALIGN_MEAN'),
      limit: z.int().min(1).max(1000).default(200),
    }),
    run: (vendor: Vendor<Details>, { projectId, filter, from, to, alignmentSeconds, aligner, limit }) =>
      read(
        vendor,
        withQuery(
          `https://monitoring.googleapis.com/v3/projects/${encodeURIComponent(projectId)}/timeSeries`,
          {
            filter,
            'interval.startTime': from,
            'interval.endTime': to,
            'aggregation.alignmentPeriod': `${alignmentSeconds}s`,
            'aggregation.perSeriesAligner': aligner,
            pageSize: limit,
          },
        ),
      ),
  }),
]
