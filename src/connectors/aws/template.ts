/** The CloudFormation template of the role that customers create, and the links that lead to it. */

export const ROLE_TYPES = ['ReadOnly', 'Admin'] as const
export type RoleType = (typeof ROLE_TYPES)[number]

const STACK = 'aurora-role'

/** Texts of a template come from this deployment and the workspace alone: an account number and a UUID. */
export interface TemplateTexts {
  readonly auroraAccountId: string
  readonly externalId: string
  readonly roleType: RoleType
}

const MANAGED: Readonly<Record<RoleType, string>> = {
  ReadOnly: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
  Admin: 'arn:aws:iam::aws:policy/AdministratorAccess',
}

/** A role that trusts this product's account under the condition of the workspace's External ID. */
export const templateOf = ({ auroraAccountId, externalId, roleType }: TemplateTexts): string =>
  `AWSTemplateFormatVersion: '2010-09-09'
Description: Role that lets Aurora read this account
Parameters:
  AuroraAccountId:
    Type: String
    Default: '${auroraAccountId}'
    AllowedPattern: '^[0-9]{12}$'
  ExternalId:
    Type: String
    Default: '${externalId}'
  RoleType:
    Type: String
    Default: ${roleType}
    AllowedValues: [ReadOnly, Admin]
Conditions:
  IsAdmin: !Equals [!Ref RoleType, Admin]
Resources:
  AuroraRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub 'Aurora\${RoleType}Role'
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Sub 'arn:aws:iam::\${AuroraAccountId}:root'
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                sts:ExternalId: !Ref ExternalId
      ManagedPolicyArns:
        - !If [IsAdmin, '${MANAGED.Admin}', '${MANAGED.ReadOnly}']
Outputs:
  RoleArn:
    Value: !GetAtt AuroraRole.Arn
`

/** The console's page that creates the stack with its parameters filled in. */
export function quickCreateUrl(
  region: string,
  templateUrl: string,
  { auroraAccountId, externalId, roleType }: TemplateTexts,
): string {
  const parameters = new URLSearchParams({
    templateURL: templateUrl,
    stackName: STACK,
    param_AuroraAccountId: auroraAccountId,
    param_ExternalId: externalId,
    param_RoleType: roleType,
  })
  return `https://${region}.console.aws.amazon.com/cloudformation/home?region=${region}#/stacks/quickcreate?${parameters.toString()}`
}

/** What creates the role in every account of an organisation. The address is quoted for a shell. */
export const stackSetsCommand = (
  region: string,
  templateUrl: string,
  { auroraAccountId, externalId, roleType }: TemplateTexts,
): string =>
  [
    `aws cloudformation create-stack-set --region ${region} --stack-set-name ${STACK}`,
    `--template-url '${templateUrl.replaceAll("'", String.raw`'\''`)}'`,
    '--capabilities CAPABILITY_NAMED_IAM --permission-model SERVICE_MANAGED',
    '--auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false',
    `--parameters ParameterKey=AuroraAccountId,ParameterValue=${auroraAccountId} ParameterKey=ExternalId,ParameterValue=${externalId} ParameterKey=RoleType,ParameterValue=${roleType}`,
  ].join(' ')
