/** Error lines of services in Elasticsearch or OpenSearch, in every index that the key may read. */
import * as z from 'zod'
import { ERROR_WORDS } from '../../lib/line-templates'
import type { Vendor } from '../operation'
import { ok } from '../outcome'
import { readingAs, readPost, withQuery } from '../read'
import { MOST_BYTES, serviceLogs } from '../service-logs'
import type { Details } from './details'

/** Fields that name the service of a line, by the Elastic Common Schema and by the usual shippers. */
const NAMES = [
  'service.name',
  'service',
  'resource.attributes.service.name',
  'kubernetes.labels.app',
  'kubernetes.labels.app_kubernetes_io/name',
  'kubernetes.deployment.name',
  'kubernetes.container.name',
  'kubernetes.container_name',
  'container.name',
  'app',
]
const TEXTS = ['message', 'error.message', 'log', 'body.text']
const LEVELS = ['log.level', 'level', 'severity', 'severity_text']
const SERIOUS = ['error', 'fatal', 'critical', 'emergency', 'alert']

const fields = z.record(z.string(), z.array(z.unknown()))
const found = z.object({ hits: z.object({ hits: z.array(z.object({ fields: fields.default({}) })) }) })

export const elasticsearchServiceLogs = serviceLogs(async (vendor: Vendor<Details>) => {
  const url = withQuery(`${vendor.details.baseUrl}/*/_search`, {
    ignore_unavailable: true,
    allow_no_indices: true,
  })
  return ok({
    url,
    search: async ({ service, from, to, only, limit }) => {
      const errors = {
        bool: {
          minimum_should_match: 1,
          should: [
            anyOf(LEVELS, SERIOUS),
            anyOf(
              TEXTS,
              ERROR_WORDS.map((word) => `${word}*`),
            ),
          ],
        },
      }
      const named = { multi_match: { query: service, type: 'phrase', fields: NAMES, lenient: true } }
      const range = { range: { '@timestamp': { gte: from, lte: to, format: 'epoch_millis' } } }
      const body = {
        size: limit,
        _source: false,
        fields: [{ field: '@timestamp', format: 'epoch_millis' }, ...NAMES, ...TEXTS],
        sort: [{ '@timestamp': { order: 'desc', unmapped_type: 'date' } }],
        query: { bool: { filter: [named, range, ...(only === 'any' ? [] : [errors])] } },
      }
      const answer = readingAs(await readPost(vendor, url, body, { maxBytes: MOST_BYTES }), found)
      if (answer.kind !== 'ok') return answer
      return ok(
        answer.value.hits.hits
          // A phrase is found inside longer names, too.
          .filter(({ fields }) => NAMES.some((name) => isName(fields[name]?.[0], service)))
          .map(({ fields }) => ({
            at: Number(fields['@timestamp']?.[0]),
            text: TEXTS.flatMap((name) => fields[name] ?? []).join(' '),
          })),
      )
    },
  })
})

const anyOf = (names: readonly string[], words: readonly string[]) => ({
  query_string: { fields: names, query: words.join(' OR '), lenient: true },
})

const isName = (value: unknown, service: string): boolean =>
  typeof value === 'string' && value.toLowerCase() === service.toLowerCase()
