import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'

const applications = z.array(
  z.object({
    name: z.string(),
    email: z.string().nullish(),
    cloudProviders: z.union([z.string(), z.array(z.string())]).nullish(),
  }),
)

export interface Application {
  readonly name: string
  readonly email: string | null
  readonly cloudProviders: readonly string[]
}

/** Every application; Gate answers them at once. */
export async function applicationsOf(
  ctx: VendorCtx,
  access: Access,
  baseUrl: string,
): Promise<Outcome<readonly Application[]>> {
  const found = await ask(ctx.fetch, `${baseUrl}/applications`, { headers: headersOf(access) }, applications)
  return mapOk(found, (all) =>
    all.map(({ name, email, cloudProviders }) => ({
      name,
      email: email ?? null,
      cloudProviders: typeof cloudProviders === 'string' ? cloudProviders.split(',') : (cloudProviders ?? []),
    })),
  )
}
