/** The commercial regions, and the hosts of the services that are asked there. */

export const REGIONS = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'af-south-1',
  'ap-east-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ca-central-1',
  'ca-west-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'sa-east-1',
] as const

export type Region = (typeof REGIONS)[number]
export const DEFAULT_REGION: Region = 'us-east-1'

/** The region of this name, else the default one. */
export const regionOf = (name: string | null | undefined): Region =>
  REGIONS.find((region) => region === name) ?? DEFAULT_REGION

const SERVICES = ['sts', 'ec2', 'monitoring', 'logs', 'cloudtrail', 'ecs', 'lambda', 'rds'] as const
export type Service = (typeof SERVICES)[number] | 'iam'

/** IAM has one host for the world, which signs as the first region. */
export const hostOf = (service: Service, region: Region): string =>
  service === 'iam' ? 'iam.amazonaws.com' : `${service}.${region}.amazonaws.com`

export const HOSTS: readonly string[] = [
  'iam.amazonaws.com',
  ...REGIONS.flatMap((region) => SERVICES.map((service) => hostOf(service, region))),
]
