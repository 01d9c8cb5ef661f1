import { env } from 'cloudflare:workers'
import { workspaces } from '../../../drizzle/schema'
import { openTenant } from '../../../src/store/tenant-db'
import { json, type Fake, type Seen } from './fake'
import { expectedSignature, readSignature } from './sigv4'

const KEY_ID = 'AKIDAURORABASE000000'
const SECRET = 'wJalrXUtnFEMI/K7MDENG+aurorabasekey0000'
const OWN_ACCOUNT = '999988887777'
export const AWS_VARIABLES = {
  AWS_ACCESS_KEY_ID: KEY_ID,
  AWS_SECRET_ACCESS_KEY: SECRET,
  AWS_ACCOUNT_ID: OWN_ACCOUNT,
  AWS_CFN_TEMPLATE_URL: 'https://templates.example.com/aurora-role.yaml',
} as const
export const ACCOUNT = '123456789012'
export const EXTERNAL_ID = '11111111-1111-4111-8111-111111111111'

export const roleOf = (name: string, account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`

/** A role as its trust policy has it. */
export interface FakeRole {
  /** The condition on `sts:ExternalId`; null for a role without one. */
  readonly externalId: string | null
  /** Whose keys it gives, where that is not the account of its name. */
  readonly account?: string
  /** Answers the negative proofs with this instead of `AccessDenied`. */
  readonly trouble?: string
}

const xml = (body: string, status = 200): Response =>
  new Response(`<?xml version="1.0" encoding="UTF-8"?>${body}`, {
    status,
    headers: { 'content-type': 'text/xml' },
  })
const NAMESPACE = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
const stsError = (code: string, status = 403): Response =>
  xml(
    `<ErrorResponse ${NAMESPACE}><Error><Type>Sender</Type><Code>${code}</Code><Message>words of the vendor that nobody may see</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
    status,
  )

interface Session {
  readonly secret: string
  readonly token: string
  readonly account: string
  readonly readOnly: boolean
}

const REGIONS = ['eu-central-1', 'eu-west-1', 'us-east-1'] as const
const FORM = 'application/x-www-form-urlencoded; charset=utf-8'

/** AWS, with these roles. `own` is what becomes of calls with the product's base identity. */
export function anAws(
  roles: Readonly<Record<string, FakeRole>>,
  own: { code: string | null } = { code: null },
) {
  const sessions = new Map<string, Session>()
  const assumed: { readonly role: string; readonly session: string; readonly policies: string | null }[] = []
  let issued = 0

  function assume(form: URLSearchParams): Response {
    const arn = form.get('RoleArn') ?? ''
    const role = roles[arn]
    const given = form.get('ExternalId')
    if (!/^[\w+=,.@-]{2,64}$/.test(form.get('RoleSessionName') ?? '')) return stsError('ValidationError', 400)
    const seconds = Number(form.get('DurationSeconds'))
    if (!(seconds >= 900 && seconds <= 3600)) return stsError('ValidationError', 400)
    if (role === undefined) return stsError('AccessDenied')
    if (role.externalId !== null && given !== role.externalId) return stsError(role.trouble ?? 'AccessDenied')
    const id = `ASIA${String(++issued).padStart(16, '0')}`
    const policies = form.get('PolicyArns.member.1.arn')
    const session = {
      secret: `session-secret/${id}+x=`,
      token: `session-token-${id}//==`,
      account: role.account ?? arn.split(':')[4] ?? '',
      readOnly: policies === 'arn:aws:iam::aws:policy/ReadOnlyAccess',
    }
    sessions.set(id, session)
    assumed.push({ role: arn, session: form.get('RoleSessionName') ?? '', policies })
    const end = new Date(Date.now() + seconds * 1000).toISOString()
    return xml(
      `<AssumeRoleResponse ${NAMESPACE}><AssumeRoleResult><AssumedRoleUser><Arn>x</Arn></AssumedRoleUser><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${session.secret}</SecretAccessKey><SessionToken>${session.token}</SessionToken><Expiration>${end}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    )
  }

  function answer(seen: Seen): Response {
    const { url, headers, body, method } = seen
    const signature = readSignature(headers.get('authorization') ?? '')
    if (signature === null) return stsError('MissingAuthenticationToken')
    const [service = '', region = ''] = url.hostname.split('.')
    const global = url.hostname === 'iam.amazonaws.com'
    if (signature.service !== service || signature.region !== (global ? 'us-east-1' : region))
      return stsError('SignatureDoesNotMatch')
    const session = sessions.get(signature.accessKeyId)
    const secret = signature.accessKeyId === KEY_ID ? SECRET : session?.secret
    if (secret === undefined) return stsError('InvalidClientTokenId')
    for (const needed of ['host', 'x-amz-date', ...(method === 'POST' ? ['content-type'] : [])])
      if (!signature.signedHeaders.includes(needed)) return stsError('SignatureDoesNotMatch')
    if (session !== undefined && headers.get('x-amz-security-token') !== session.token)
      return stsError('InvalidClientTokenId')
    if (session !== undefined && !signature.signedHeaders.includes('x-amz-security-token'))
      return stsError('SignatureDoesNotMatch')
    if (expectedSignature(seen, signature, secret) !== signature.signature)
      return stsError('SignatureDoesNotMatch')
    if (session === undefined && own.code !== null) return stsError(own.code)

    if (service === 'sts') {
      if (method !== 'POST' || headers.get('content-type') !== FORM) return stsError('ValidationError', 400)
      const form = new URLSearchParams(body)
      if (form.get('Version') !== '2011-06-15') return stsError('NoSuchVersion', 400)
      if (form.get('Action') === 'AssumeRole')
        return session === undefined ? assume(form) : stsError('AccessDenied')
      if (form.get('Action') !== 'GetCallerIdentity') return stsError('InvalidAction', 400)
      const account = session?.account ?? OWN_ACCOUNT
      return xml(
        `<GetCallerIdentityResponse ${NAMESPACE}><GetCallerIdentityResult><Arn>x</Arn><UserId>u</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
      )
    }
    if (session === undefined) return stsError('AccessDenied')
    if (service === 'iam')
      return xml(
        '<ListAccountAliasesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListAccountAliasesResult><IsTruncated>false</IsTruncated><AccountAliases><member>example-prod</member></AccountAliases></ListAccountAliasesResult></ListAccountAliasesResponse>',
      )
    if (service === 'ec2')
      return xml(
        `<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><regionInfo>${REGIONS.map((name) => `<item><regionName>${name}</regionName><regionEndpoint>ec2.${name}.amazonaws.com</regionEndpoint><optInStatus>opt-in-not-required</optInStatus></item>`).join('')}</regionInfo></DescribeRegionsResponse>`,
      )
    if (service === 'monitoring')
      return xml(
        '<GetMetricDataResponse><GetMetricDataResult><MetricDataResults><member><Id>a</Id><Values><member>1.5</member></Values></member></MetricDataResults></GetMetricDataResult></GetMetricDataResponse>',
      )
    if (service === 'logs' && headers.get('x-amz-target') === 'Logs_20140328.FilterLogEvents')
      return json({ events: [], asked: JSON.parse(body) })
    if (service === 'logs') return json({ __type: 'com.amazon#ResourceNotFoundException' }, 400)
    if (service === 'lambda')
      return json({
        Configuration: {
          FunctionName: url.pathname.split('/').at(-1),
          Runtime: 'nodejs24.x',
          Environment: { Variables: { DATABASE_URL: 'postgres://a-secret-of-the-customer' } },
        },
        Code: { Location: 'https://code.example.com/presigned' },
      })
    return json({ __type: 'AccessDeniedException' }, 400)
  }
  return { answer, sessions, assumed }
}

const protectedRole = roleOf('Aurora')

export const aws: Fake = {
  id: 'aws',
  hosts: [
    'iam.amazonaws.com',
    ...['us-east-1', 'eu-west-1'].flatMap((region) =>
      ['sts', 'ec2', 'monitoring', 'logs', 'lambda', 'cloudtrail'].map(
        (service) => `${service}.${region}.amazonaws.com`,
      ),
    ),
  ],
  form: {
    good: { role_arn: protectedRole, external_id: EXTERNAL_ID },
    refused: { roleArn: roleOf('TrustsSomebodyElse'), externalId: EXTERNAL_ID },
  },
  variables: AWS_VARIABLES,
  /** The organisation's workspace has the External ID that the role asks for. */
  prepare: async ({ orgId, userId }) => {
    const db = openTenant(env.DB, orgId)
    await db.commit([
      db.insert(workspaces, {
        id: crypto.randomUUID(),
        userId,
        name: 'default',
        awsExternalId: EXTERNAL_ID,
      }),
    ])
  },
  secrets: [SECRET, 'session-secret/', 'session-token-'],
  accountId: ACCOUNT,
  resources: { first: [...REGIONS], second: null },
  revocation: 'unsupported',
  isTokenRequest: ({ body }) => new URLSearchParams(body).get('Action') === 'AssumeRole',
  answer: anAws({ [protectedRole]: { externalId: EXTERNAL_ID } }).answer,
}
