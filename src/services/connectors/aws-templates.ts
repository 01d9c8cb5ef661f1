/** What a person takes to the AWS console to create the role: a template, or a link that has it filled in. */
import { quickCreateUrl, stackSetsCommand, templateOf, type RoleType } from '../../connectors/aws/template'
import type { Region } from '../../connectors/aws/regions'
import { AppError } from '../../lib/errors'
import type { Ctx } from '../context'
import { workspaceOf } from './aws-workspaces'
import type { Ports } from './ports'

const notConfigured = (): AppError =>
  new AppError('provider_not_configured', 'AWS is not configured on this deployment')

/** The number of our own account. @throws AppError provider_not_configured */
function ownAccount(ports: Ports): string {
  const id = ports.setting('AWS_ACCOUNT_ID')
  if (id === null || !/^\d{12}$/.test(id)) throw notConfigured()
  return id
}

/** @throws AppError not_found, provider_not_configured */
export async function roleTemplate(ctx: Ctx, ports: Ports, workspaceId: string, roleType: RoleType) {
  const { awsExternalId: externalId } = await workspaceOf(ctx, workspaceId)
  const auroraAccountId = ownAccount(ports)
  return { template: templateOf({ auroraAccountId, externalId, roleType }), auroraAccountId, externalId }
}

/** The template's address is the deployment's own and never a parameter. @throws AppError not_found, provider_not_configured */
export async function quickCreateLink(
  ctx: Ctx,
  ports: Ports,
  workspaceId: string,
  region: Region,
  roleType: RoleType,
) {
  const { awsExternalId: externalId } = await workspaceOf(ctx, workspaceId)
  const texts = { auroraAccountId: ownAccount(ports), externalId, roleType }
  const templateUrl = ports.setting('AWS_CFN_TEMPLATE_URL')
  if (templateUrl === null || !URL.canParse(templateUrl)) throw notConfigured()
  return {
    quickCreateUrl: quickCreateUrl(region, templateUrl, texts),
    auroraAccountId: texts.auroraAccountId,
    externalId,
    region,
    templateUrl,
    stackSetsCommand: stackSetsCommand(region, templateUrl, texts),
    note: 'When the stack is complete, copy RoleArn from its outputs and register it here.',
  }
}
