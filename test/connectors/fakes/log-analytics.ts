/** Log Analytics by way of the resource manager: the workspaces of a subscription, and queries over some of them. */
import { json, type Seen } from './fake'

const LIST = /^\/subscriptions\/([^/]+)\/providers\/Microsoft\.OperationalInsights\/workspaces$/
const QUERY = /^(\/subscriptions\/.+\/workspaces\/[\w-]+)\/query$/

export interface KqlQuery {
  readonly query: string
  readonly workspaces: readonly string[]
  /** ms */
  readonly from: number
  readonly to: number
}

export const workspaceId = (subscription: string, name: string): string =>
  `/subscriptions/${subscription}/resourcegroups/shop/providers/microsoft.operationalinsights/workspaces/${name}`

/** Workspaces of these names in every subscription; `rows` answers a query, its first row the names of the columns, null where it is refused. */
export const aLogAnalytics =
  (rows: (query: KqlQuery) => readonly (readonly unknown[])[] | null, names: readonly string[] = ['logs']) =>
  ({ url, method, body }: Seen): Response | null => {
    const version = url.searchParams.get('api-version')
    const subscription = LIST.exec(url.pathname)?.[1]
    if (subscription !== undefined && method === 'GET')
      return version === '2023-09-01'
        ? json({ value: names.map((name) => ({ id: workspaceId(subscription, name), name })) })
        : json({ error: { code: 'InvalidApiVersionParameter' } }, 400)
    const first = QUERY.exec(url.pathname)?.[1]
    if (first === undefined || method !== 'POST' || version !== '2017-10-01') return null
    const { query, timespan, workspaces } = JSON.parse(body)
    const [from = '', to = ''] = timespan.split('/')
    const answer = rows({
      query,
      workspaces: [first, ...workspaces],
      from: Date.parse(from),
      to: Date.parse(to),
    })
    if (answer === null) return json({ error: { code: 'BadArgumentError' } }, 400)
    const [columns = [], ...found] = answer
    return json({
      tables: [
        { name: 'PrimaryResult', columns: columns.map((name) => ({ name, type: 'dynamic' })), rows: found },
      ],
    })
  }
