/** The controllers of an operations center. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import type { Details } from '../jenkins-api'
import { mapOk, type Outcome } from '../outcome'
import { withQuery } from '../read'
import type { VendorCtx } from '../vendor-ctx'

const controllers = z.object({
  jobs: z.array(
    z.object({
      name: z.string(),
      url: z.string(),
      _class: z.string().nullish(),
      description: z.string().nullish(),
      online: z.boolean().nullish(),
      approved: z.boolean().nullish(),
    }),
  ),
})

export interface Controller {
  readonly id: string
  readonly name: string
  readonly url: string
  readonly kind: 'managed' | 'client'
  readonly online: boolean | null
  readonly approved: boolean | null
  readonly description: string | null
}

/** The controllers of an operations center; none for a controller by itself. */
export async function controllersOf(
  ctx: VendorCtx,
  access: Access,
  { baseUrl }: Pick<Details, 'baseUrl'>,
): Promise<Outcome<readonly Controller[]>> {
  const tree = 'jobs[name,url,_class,description,online,approved]'
  const found = await ask(
    ctx.fetch,
    withQuery(`${baseUrl}/api/json`, { tree }),
    { headers: headersOf(access) },
    controllers,
  )
  return mapOk(found, ({ jobs }) =>
    jobs.flatMap(({ name, url, _class, description, online, approved }) => {
      const kind = /\.(Managed|Client)Master$/.exec(_class ?? '')?.[1]
      if (kind === undefined) return []
      return [
        {
          id: name,
          name,
          url,
          kind: kind === 'Managed' ? ('managed' as const) : ('client' as const),
          online: online ?? null,
          approved: approved ?? null,
          description: description ?? null,
        },
      ]
    }),
  )
}
