/** What Google Chat can be asked as the app: the spaces it is in. Messages are for people; the app's access does not list them. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { API, type Details } from './details'

type Asked = Vendor<Details>
const space = z.string().regex(/^spaces\/[\w-]{1,100}$/)

export const operations = [
  operation({
    name: 'list_spaces',
    description: 'The spaces that the app is in.',
    input: z.strictObject({ pageSize: z.int().min(1).max(100).default(50) }),
    run: (vendor: Asked, { pageSize }) => read(vendor, withQuery(`${API}/spaces`, { pageSize })),
  }),
  operation({
    name: 'list_members',
    description: 'Who is in a space; without one, in that for incidents.',
    input: z.strictObject({ space: space.optional(), pageSize: z.int().min(1).max(100).default(50) }),
    run: (vendor: Asked, { space = vendor.details.spaceName, pageSize }) =>
      read(vendor, withQuery(`${API}/${space}/members`, { pageSize })),
  }),
]
