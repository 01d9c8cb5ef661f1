import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { listAccessTokens } from '../../services/access-tokens'

type Row = Awaited<ReturnType<typeof listAccessTokens>>[number]

const time = z.iso.datetime({ precision: 3 })

export const accessTokenAnswer = z.object({
  id: z.uuid(),
  name: z.string(),
  scope: z.enum(['read', 'write']),
  tokenSuffix: z.string(),
  expiresAt: time.nullable(),
  createdAt: time,
})

export const accessTokenList = z.object({ tokens: z.array(accessTokenAnswer) })

/** The only answer that holds the token. */
export const accessTokenCreated = accessTokenAnswer.extend({ token: z.string() })

export const showAccessToken = (row: Row): z.infer<typeof accessTokenAnswer> => ({
  id: row.id,
  name: row.name,
  scope: row.scope,
  tokenSuffix: row.tokenSuffix,
  expiresAt: isoOrNull(row.expiresAt),
  createdAt: iso(row.createdAt),
})
