/** What AWS can be asked. Times are ISO 8601 in, whatever the service wants out. */
import * as z from 'zod'
import { ok } from '../outcome'
import { operation, type Vendor } from '../operation'
import { askAws, regionFor } from './ask-aws'
import type { Details } from './details'
import { REGIONS } from './regions'
import { jsonRequest, queryRequest } from './sign'
import { awsServiceLogs } from './service-logs'
import { awsServiceMetrics } from './service-metrics'

const time = z.iso.datetime()
const region = z.enum(REGIONS).optional()
const name = z.string().min(1).max(255)
const limit = z.int().min(1).max(100).default(50)
const logGroup = z.string().regex(/^[\w./#-]{1,512}$/)
const seconds = (text: string): number => Math.floor(Date.parse(text) / 1000)
type Aws = Vendor<Details>

const MONITORING = '2010-08-01'
const LOGS = 'Logs_20140328'

/** `{ Namespace: 'AWS/ECS' }` as the numbered parameters of the Query protocol. */
const dimensionsOf = (dimensions: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(dimensions).flatMap(([key, value], index) => [
      [`MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.${index + 1}.Name`, key],
      [`MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.${index + 1}.Value`, value],
    ]),
  )

/** Settings of a function that tell about an incident; its environment and its code stay where they are. */
const configuration = z.object({
  Configuration: z.object({
    FunctionName: z.string(),
    Runtime: z.string().nullish(),
    State: z.string().nullish(),
    LastModified: z.string().nullish(),
    LastUpdateStatus: z.string().nullish(),
    MemorySize: z.number().nullish(),
    Timeout: z.number().nullish(),
    Version: z.string().nullish(),
    CodeSha256: z.string().nullish(),
  }),
})

export const operations = [
  awsServiceMetrics,
  awsServiceLogs,
  operation({
    name: 'get_metric_data',
    description: 'Points of a CloudWatch metric over a time window.',
    input: z.strictObject({
      namespace: name,
      metric: name,
      dimensions: z
        .record(name, z.string().min(1).max(1024))
        .refine((it) => Object.keys(it).length <= 30, 'At most 30 dimensions')
        .default({}),
      statistic: z
        .string()
        .regex(/^(Average|Sum|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d{1,2})?)$/)
        .default('Average'),
      periodSeconds: z.int().min(60).max(86_400).default(60),
      from: time,
      to: time,
      region,
    }),
    run: (vendor: Aws, { namespace, metric, dimensions, statistic, periodSeconds, from, to, region }) =>
      askAws(
        vendor,
        queryRequest('monitoring', regionFor(region, vendor.details), {
          Action: 'GetMetricData',
          Version: MONITORING,
          StartTime: from,
          EndTime: to,
          'MetricDataQueries.member.1.Id': 'a',
          'MetricDataQueries.member.1.MetricStat.Metric.Namespace': namespace,
          'MetricDataQueries.member.1.MetricStat.Metric.MetricName': metric,
          ...dimensionsOf(dimensions),
          'MetricDataQueries.member.1.MetricStat.Period': periodSeconds,
          'MetricDataQueries.member.1.MetricStat.Stat': statistic,
        }),
      ),
  }),
  operation({
    name: 'describe_alarms',
    description: 'CloudWatch alarms, optionally those in one state or with a name that begins so.',
    input: z.strictObject({
      state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']).optional(),
      prefix: name.optional(),
      limit,
      region,
    }),
    run: (vendor: Aws, { state, prefix, limit, region }) =>
      askAws(
        vendor,
        queryRequest('monitoring', regionFor(region, vendor.details), {
          Action: 'DescribeAlarms',
          Version: MONITORING,
          StateValue: state,
          AlarmNamePrefix: prefix,
          MaxRecords: limit,
        }),
      ),
  }),
  operation({
    name: 'describe_alarm_history',
    description: 'How the state of a CloudWatch alarm changed.',
    input: z.strictObject({ alarm: name, from: time, to: time, limit, region }),
    run: (vendor: Aws, { alarm, from, to, limit, region }) =>
      askAws(
        vendor,
        queryRequest('monitoring', regionFor(region, vendor.details), {
          Action: 'DescribeAlarmHistory',
          Version: MONITORING,
          AlarmName: alarm,
          HistoryItemType: 'StateUpdate',
          StartDate: from,
          EndDate: to,
          MaxRecords: limit,
        }),
      ),
  }),
  operation({
    name: 'filter_log_events',
    description: 'Events of a log group that match a filter pattern.',
    input: z.strictObject({
      logGroup,
      pattern: z.string().max(1024).optional(),
      from: time,
      to: time,
      limit,
      region,
    }),
    run: (vendor: Aws, { logGroup, pattern, from, to, limit, region }) =>
      askAws(
        vendor,
        jsonRequest('logs', regionFor(region, vendor.details), `${LOGS}.FilterLogEvents`, {
          logGroupName: logGroup,
          filterPattern: pattern,
          startTime: Date.parse(from),
          endTime: Date.parse(to),
          limit,
        }),
      ),
  }),
  operation({
    name: 'start_log_query',
    description: 'Begins a Logs Insights query; its results are fetched by its queryId.',
    input: z.strictObject({
      logGroups: z.array(logGroup).min(1).max(10),
      query: z.string().min(1).max(4000),
      from: time,
      to: time,
      limit,
      region,
    }),
    run: (vendor: Aws, { logGroups, query, from, to, limit, region }) =>
      askAws(
        vendor,
        jsonRequest('logs', regionFor(region, vendor.details), `${LOGS}.StartQuery`, {
          logGroupNames: logGroups,
          queryString: query,
          startTime: seconds(from),
          endTime: seconds(to),
          limit,
        }),
      ),
  }),
  operation({
    name: 'get_log_query_results',
    description: 'Results of a Logs Insights query so far.',
    input: z.strictObject({ queryId: z.string().regex(/^[\w-]{1,256}$/), region }),
    run: (vendor: Aws, { queryId, region }) =>
      askAws(
        vendor,
        jsonRequest('logs', regionFor(region, vendor.details), `${LOGS}.GetQueryResults`, { queryId }),
      ),
  }),
  operation({
    name: 'lookup_events',
    description: 'Who changed what, from CloudTrail; optionally one event name or resource.',
    input: z.strictObject({
      from: time,
      to: time,
      attribute: z.enum(['EventName', 'ResourceName', 'ResourceType', 'EventSource', 'Username']).optional(),
      value: z.string().min(1).max(2000).optional(),
      limit: z.int().min(1).max(50).default(50),
      region,
    }),
    run: (vendor: Aws, { from, to, attribute, value, limit, region }) =>
      askAws(
        vendor,
        jsonRequest(
          'cloudtrail',
          regionFor(region, vendor.details),
          'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents',
          {
            StartTime: seconds(from),
            EndTime: seconds(to),
            MaxResults: limit,
            ...(attribute === undefined || value === undefined
              ? {}
              : { LookupAttributes: [{ AttributeKey: attribute, AttributeValue: value }] }),
          },
        ),
      ),
  }),
  operation({
    name: 'describe_ecs_services',
    description: 'ECS services with their deployments and latest events.',
    input: z.strictObject({ cluster: name, services: z.array(name).min(1).max(10), region }),
    run: (vendor: Aws, { cluster, services, region }) =>
      askAws(
        vendor,
        jsonRequest(
          'ecs',
          regionFor(region, vendor.details),
          'AmazonEC2ContainerServiceV20141113.DescribeServices',
          { cluster, services },
        ),
      ),
  }),
  operation({
    name: 'get_lambda_function',
    description:
      'State, size, limits and last change of a Lambda function, without its environment and code.',
    input: z.strictObject({ name: z.string().regex(/^[A-Za-z0-9_-]{1,140}$/), region }),
    run: async (vendor: Aws, { name, region }) => {
      const asked = await askAws(vendor, {
        service: 'lambda',
        region: regionFor(region, vendor.details),
        method: 'GET',
        path: `/2015-03-31/functions/${name}`,
      })
      if (asked.kind !== 'ok') return asked
      const read = configuration.safeParse(asked.value.data)
      return read.success ? ok({ ...asked.value, data: read.data.Configuration }) : { kind: 'vendor_error' }
    },
  }),
  operation({
    name: 'describe_rds_events',
    description: 'Events of databases, such as failovers and restarts.',
    input: z.strictObject({
      from: time,
      to: time,
      source: name.optional(),
      limit: z.int().min(20).max(100).default(50),
      region,
    }),
    run: (vendor: Aws, { from, to, source, limit, region }) =>
      askAws(
        vendor,
        queryRequest('rds', regionFor(region, vendor.details), {
          Action: 'DescribeEvents',
          Version: '2014-10-31',
          StartTime: from,
          EndTime: to,
          SourceIdentifier: source,
          SourceType: source === undefined ? undefined : 'db-instance',
          MaxRecords: limit,
        }),
      ),
  }),
]
