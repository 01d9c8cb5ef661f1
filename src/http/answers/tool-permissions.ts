/** Tools with their switches, as the API shows them: by the system that they belong to. */
import * as z from 'zod'
import { isoOrNull } from '../../lib/time'
import type { ToolPermission } from '../../services/tool-permissions'
import { maybeTime } from './fields'

export const permission = z.object({
  tool_key: z.string(),
  /** `own`, `public`, or the provider whose connection it uses. */
  connector: z.string(),
  label: z.string(),
  description: z.string(),
  tier: z.enum(['read', 'write']),
  enabled: z.boolean(),
  /** False for what reads our own rows: it is always available. */
  can_disable: z.boolean(),
  updated_by: z.string().nullable(),
  updated_at: maybeTime,
})

export const permissionList = z.object({
  tools_by_connector: z.record(z.string(), z.array(permission)),
  /** Every tool has a default: nothing has to be seeded. */
  seeded: z.literal(true),
})

export const showPermission = ({
  name,
  description,
  access,
  source,
  enabled,
  decision,
}: ToolPermission): z.infer<typeof permission> => ({
  tool_key: name,
  connector: source,
  label: labelOf(name),
  description,
  tier: access,
  enabled,
  can_disable: source !== 'own',
  updated_by: decision?.updatedBy ?? null,
  updated_at: isoOrNull(decision?.updatedAt ?? null),
})

export const showPermissions = (tools: readonly ToolPermission[]): z.infer<typeof permissionList> => ({
  tools_by_connector: Object.fromEntries(
    [...Map.groupBy(tools, ({ source }) => source)].map(([source, group]) => [
      source,
      group.map(showPermission),
    ]),
  ),
  seeded: true,
})

/** `github_list_commits` as `Github list commits`. */
function labelOf(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
