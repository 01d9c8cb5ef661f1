import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { listVersions, Postmortem } from '../../services/postmortems'
import { maybeTime, time } from './fields'

const common = {
  id: z.uuid(),
  incidentId: z.uuid(),
  content: z.string(),
  generatedAt: time,
  updatedAt: time,
  confluencePageId: z.string().nullable(),
  confluencePageUrl: z.string().nullable(),
  confluenceExportedAt: maybeTime,
}

const postmortem = z.object({ ...common, userId: z.string().nullable() })
export const postmortemAnswer = z.object({ postmortem })

const listed = z.object({ ...common, incidentTitle: z.string() })
export const postmortemList = z.object({ postmortems: z.array(listed) })

const shown = (row: Postmortem) => ({
  id: row.id,
  incidentId: row.incidentId,
  content: row.content,
  generatedAt: iso(row.generatedAt),
  updatedAt: iso(row.updatedAt),
  confluencePageId: row.confluencePageId,
  confluencePageUrl: row.confluencePageUrl,
  confluenceExportedAt: isoOrNull(row.confluenceExportedAt),
})

export const showPostmortem = (row: Postmortem): z.infer<typeof postmortem> => ({
  ...shown(row),
  userId: row.userId,
})

export const showListed = (it: {
  readonly postmortem: Postmortem
  readonly incidentTitle: string
}): z.infer<typeof listed> => ({ ...shown(it.postmortem), incidentTitle: it.incidentTitle })

const version = z.object({
  version: z.int(),
  origin: z.enum(['generated', 'edited', 'restored']),
  userId: z.string().nullable(),
  isCurrent: z.boolean(),
  createdAt: time,
})

type Version = Awaited<ReturnType<typeof listVersions>>[number]

export const versionList = z.object({ versions: z.array(version) })
export const versionAnswer = z.object({ version: version.extend({ content: z.string() }) })

export const showVersion = (row: Version): z.infer<typeof version> => ({
  version: row.version,
  origin: row.origin,
  userId: row.userId,
  isCurrent: row.isCurrent,
  createdAt: iso(row.createdAt),
})
