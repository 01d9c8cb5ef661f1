/** What Jira can be asked: issues about a service, and what people wrote on them. */
import * as z from 'zod'
import { isCloud } from '../atlassian/site'
import { operation, type Vendor } from '../operation'
import { read, readPost, withQuery } from '../read'
import { restOf, type Details } from './details'

type Asked = Vendor<Details>
const key = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,99}-\d{1,12}$/)
const FIELDS = [
  'summary',
  'status',
  'issuetype',
  'priority',
  'assignee',
  'components',
  'labels',
  'created',
  'updated',
  'resolutiondate',
] as const

export const operations = [
  operation({
    name: 'search_issues',
    description: 'Issues that match a JQL query such as: project = OPS AND created >= -1d.',
    input: z.strictObject({
      jql: z.string().min(1).max(2000),
      maxResults: z.int().min(1).max(100).default(20),
      fields: z
        .array(z.string().regex(/^[A-Za-z0-9_*-]{1,60}$/))
        .max(30)
        .optional(),
    }),
    run: (vendor: Asked, { jql, maxResults, fields = [...FIELDS] }) => {
      const path = isCloud(vendor.details) ? 'search/jql' : 'search'
      return readPost(vendor, `${restOf(vendor.details)}/${path}`, { jql, maxResults, fields })
    },
  }),
  operation({
    name: 'get_issue',
    description: 'An issue with its fields.',
    input: z.strictObject({ key }),
    run: (vendor: Asked, { key }) => read(vendor, `${restOf(vendor.details)}/issue/${key}`),
  }),
  operation({
    name: 'list_comments',
    description: 'What people wrote on an issue, newest first.',
    input: z.strictObject({ key, maxResults: z.int().min(1).max(100).default(50) }),
    run: (vendor: Asked, { key, maxResults }) =>
      read(
        vendor,
        withQuery(`${restOf(vendor.details)}/issue/${key}/comment`, { maxResults, orderBy: '-created' }),
      ),
  }),
]
