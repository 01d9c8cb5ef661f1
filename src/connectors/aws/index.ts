/** AWS: roles that customers create for this product. No key of a customer is ever taken. */
import * as z from 'zod'
import { optional, text, uuid } from '../../lib/fields'
import { connector } from '../connector'
import { alsoNamed } from '../form'
import { mapOk, ok } from '../outcome'
import { sliceOf } from '../paging'
import { keysOf, refusalOf } from './ask-aws'
import { details, ROLE_ARN, secret, settings } from './details'
import { operations } from './operations'
import { prove, REFUSED, sessionNameOf } from './prove'
import { HOSTS, REGIONS, regionOf } from './regions'
import { queryRequest, send } from './sign'
import { assumeRole, outcomeOf } from './sts'
import { errorCode, readXml } from './xml'

export const MISMATCH = {
  kind: 'credential_refused',
  code: 'external_id_mismatch',
  text: 'Invalid external_id. Please use the External ID provided by your workspace.',
} as const

const arn = (error: string) => text({ error, max: 600 }).refine((value) => ROLE_ARN.test(value), error)

/** What registers a role: the External ID must be that of one of the organisation's workspaces. */
const form = alsoNamed(
  { role_arn: 'roleArn', external_id: 'externalId', read_only_role_arn: 'readOnlyRoleArn' },
  z.object({
    roleArn: arn('Invalid role ARN format'),
    externalId: uuid(MISMATCH.text),
    readOnlyRoleArn: optional(arn('Invalid readOnlyRoleArn format')),
    region: optional(z.enum(REGIONS, { error: 'Invalid region' })),
  }),
)

const described = z.object({
  DescribeRegionsResponse: z.object({
    regionInfo: z.object({
      item: z.array(z.object({ regionName: z.string(), optInStatus: z.string().default('') })),
    }),
  }),
})

export const aws = connector({
  id: 'aws',
  name: 'AWS',
  category: 'cloud',
  kinds: ['role_assumption'],
  multiAccount: true,
  hosts: HOSTS,
  variables: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_ACCOUNT_ID'],
  optionalVariables: ['AWS_CFN_TEMPLATE_URL'],
  revokeHint: 'Delete the role (or its CloudFormation stack) in the AWS account.',
  form: {
    schema: form,
    // Which External IDs are the organisation's own stands in its workspaces: `registerRole` looks there, and nothing else connects.
    read: () => MISMATCH,
  },
  secret,
  settings,
  details,
  prove,
  access: {
    kind: 'minted',
    mint: async (ctx, { secret, settings }, wanted, mode) => {
      const region = regionOf(wanted ?? settings.region)
      const narrow = mode === 'read' ? settings.readOnlyRoleArn : null
      const assumed = await assumeRole(ctx, {
        roleArn: narrow ?? settings.roleArn,
        sessionName: sessionNameOf(settings.workspaceId),
        region,
        seconds: 3600,
        externalId: secret.externalId,
        readOnly: mode === 'read' && narrow === null,
      })
      const refused = narrow === null ? REFUSED.role : REFUSED.readOnly
      return mapOk(outcomeOf(assumed, refused), ({ expiresAt, ...keys }) => ({
        access: { kind: 'aws' as const, ...keys, region },
        expiresAt,
      }))
    },
  },
  resources: async (ctx, { access, details }, cursor) => {
    const keys = keysOf(access)
    if (keys === null) return { kind: 'vendor_error' }
    const region = regionOf(details.region)
    const request = queryRequest('ec2', region, { Action: 'DescribeRegions', Version: '2016-11-15' })
    const answer = await send(ctx, keys, request)
    if (answer.kind !== 'ok') return answer
    if (answer.value.status !== 200) {
      const refusal = refusalOf(errorCode(answer.value.text) ?? '')
      return refusal.kind === 'not_found' ? { kind: 'vendor_error' } : refusal
    }
    const read = described.safeParse(readXml(answer.value.text))
    if (!read.success) return { kind: 'vendor_error' }
    const regions = read.data.DescribeRegionsResponse.regionInfo.item.map(({ regionName, optInStatus }) => ({
      id: regionName,
      name: regionName,
      type: 'region',
      details: { optInStatus },
    }))
    return ok(sliceOf(regions, cursor))
  },
  operations,
})
