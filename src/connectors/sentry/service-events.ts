/** Issues that Sentry saw for the first time around a moment, in the projects that are named like the services. */
import * as z from 'zod'
import { iso } from '../../lib/time'
import type { Vendor } from '../operation'
import { mapOk, ok } from '../outcome'
import { read, readingAs, withQuery } from '../read'
import { serviceEvents } from '../service-events'
import { organisation, type Details } from './details'

const issues = z.array(
  z.object({
    title: z.string(),
    culprit: z.string().nullish(),
    level: z.string().nullish(),
    count: z.union([z.string(), z.number()]).nullish(),
    firstSeen: z.string(),
    project: z.object({ slug: z.string() }),
  }),
)

export const sentryServiceEvents = serviceEvents(
  'Issues of up to 4 services that were first seen from an hour before the onset to 15 minutes after it.',
  async (vendor: Vendor<Details>, { services, from, to }) => {
    const url = `${organisation(vendor.details)}/issues/`
    const projects = services.flatMap((service) => {
      const slug = vendor.details.accessibleProjects.find(
        (one) => one.toLowerCase() === service.toLowerCase(),
      )
      return slug === undefined ? [] : [{ service, slug }]
    })
    if (projects.length === 0) return ok({ url, services: [] })
    const query = `project:[${projects.map(({ slug }) => slug).join(',')}] firstSeen:>=${iso(from)} firstSeen:<=${iso(to)}`
    const answer = await read(
      vendor,
      withQuery(url, { query, start: iso(from), end: iso(to), sort: 'freq', limit: 50 }),
    )
    return mapOk(readingAs(answer, issues), (found) => ({
      url,
      services: projects.map(({ service, slug }) => ({
        service,
        texts: found.filter(({ project }) => project.slug === slug).map(textOf),
      })),
    }))
  },
)

function textOf({ title, culprit, level, count, firstSeen }: z.infer<typeof issues>[number]): string {
  const where = culprit == null || culprit === '' ? '' : ` in ${culprit}`
  return `New issue (${level ?? 'error'}, ${count ?? '?'} events, first seen at ${firstSeen}): ${title}${where}.`
}
