/** How a person makes the role of an AWS workspace: with a template, or by a link into the console. */
import { Hono } from 'hono'
import * as z from 'zod'
import { REGIONS } from '../../connectors/aws/regions'
import { ROLE_TYPES } from '../../connectors/aws/template'
import { quickCreateLink, roleTemplate } from '../../services/connectors/aws-templates'
import { endpoint } from '../connector-endpoint'
import { idOf, type App } from '../env'
import { query } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { WORKSPACE, workspaceId } from './connector-aws'

export const connectorAwsTemplates = new Hono<App>()
  .get(
    `${WORKSPACE}/cfn-template`,
    endpoint({
      summary: 'The CloudFormation template of the role',
      who: 'viewer',
      bucket: 'default',
      ids: workspaceId,
      answers: {
        200: z.object({ template: z.string(), auroraAccountId: z.string(), externalId: z.uuid() }),
      },
      errors: ['not_found', 'validation_failed', 'provider_not_configured'],
    }),
    query(
      z.object({
        roleType: z.enum(ROLE_TYPES, { error: 'Invalid roleType' }).default('ReadOnly'),
        format: z.enum(['raw', 'json'], { error: 'Invalid format' }).default('raw'),
      }),
    ),
    async (c) => {
      const { roleType, format } = c.req.valid('query')
      const made = await roleTemplate(c.var.ctx, connectorPorts(c), idOf(c, 'id'), roleType)
      if (format === 'json') return c.json(made)
      return c.body(made.template, 200, {
        'content-type': 'text/yaml; charset=utf-8',
        'content-disposition': 'attachment; filename="aurora-role.yaml"',
      })
    },
  )
  .get(
    `${WORKSPACE}/cfn-quickcreate`,
    endpoint({
      summary: 'The link that creates the role in the AWS console',
      who: 'viewer',
      bucket: 'default',
      ids: workspaceId,
      answers: {
        200: z.object({
          quickCreateUrl: z.url(),
          auroraAccountId: z.string(),
          externalId: z.uuid(),
          region: z.string(),
          templateUrl: z.url(),
          stackSetsCommand: z.string(),
          note: z.string(),
        }),
      },
      errors: ['not_found', 'validation_failed', 'provider_not_configured'],
    }),
    query(
      z.object({
        region: z.enum(REGIONS, { error: 'Invalid region' }).default('us-east-1'),
        roleType: z.enum(ROLE_TYPES, { error: 'Invalid roleType' }).default('ReadOnly'),
      }),
    ),
    async (c) => {
      const { region, roleType } = c.req.valid('query')
      return c.json(await quickCreateLink(c.var.ctx, connectorPorts(c), idOf(c, 'id'), region, roleType))
    },
  )
