/** Bodies of GitHub's App. */
import * as z from 'zod'
import { isoOrNull } from '../../lib/time'
import type { Installation } from '../../services/connectors/github-app'

const text = z.string().nullable()

export const installationsAnswer = z.object({
  installations: z.array(
    z.object({
      installation_id: z.int(),
      account_login: z.string(),
      account_id: z.int().nullable(),
      account_type: text,
      target_type: text,
      permissions: z.record(z.string(), z.string()),
      events: z.array(z.string()),
      repository_selection: text,
      suspended_at: text,
      linked_at: z.iso.datetime().nullable(),
      is_primary: z.boolean(),
    }),
  ),
})

export const showInstallations = (all: readonly Installation[]): z.infer<typeof installationsAnswer> => ({
  installations: all.map((it) => ({
    installation_id: it.installationId,
    account_login: it.username,
    account_id: it.accountId,
    account_type: it.accountType,
    target_type: it.targetType,
    permissions: { ...it.permissions },
    events: [...it.events],
    repository_selection: it.repositorySelection,
    suspended_at: it.suspendedAt,
    linked_at: isoOrNull(it.linkedAt),
    is_primary: it.isPrimary,
  })),
})
