/** GitLab's projects on the path of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { gitlab } from '../../connectors/gitlab'
import { listAllResources } from '../../services/connectors/resources'
import { endpoint } from '../endpoint'
import type { App } from '../env'
import { connectorPorts } from '../middleware/tenant'

const repository = z.object({
  repo_full_name: z.string(),
  repo_id: z.number().nullable(),
  default_branch: z.string().nullable(),
  enabled: z.boolean(),
  auth_method: z.literal('api_key'),
  change_gating_enabled: z.literal(false),
})

export const connectorGitlab = new Hono<App>().get(
  '/gitlab/repo-selections',
  endpoint({
    summary: 'Projects that the GitLab token sees; connecting chooses all of them',
    who: 'viewer',
    bucket: 'default',
    answers: { 200: z.object({ repositories: z.array(repository) }) },
    errors: [
      'not_connected',
      'reconnect_required',
      'insufficient_permission',
      'vendor_rate_limited',
      'upstream_error',
    ],
  }),
  async (c) => {
    const found = await listAllResources(c.var.ctx, connectorPorts(c), gitlab)
    return c.json({
      repositories: found.map(({ name, enabled, details }) => ({
        repo_full_name: name,
        repo_id: typeof details['project_id'] === 'number' ? details['project_id'] : null,
        default_branch: typeof details['default_branch'] === 'string' ? details['default_branch'] : null,
        enabled,
        auth_method: 'api_key' as const,
        change_gating_enabled: false as const,
      })),
    })
  },
)
