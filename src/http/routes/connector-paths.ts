/** Connections: what every provider has, then the paths of single vendors. */
import { Hono } from 'hono'
import type { App } from '../env'
import { connectorAliases } from './connector-aliases'
import { connectorAtlassian } from './connector-atlassian'
import { connectorAws } from './connector-aws'
import { connectorAwsAccounts } from './connector-aws-accounts'
import { connectorAwsRoles } from './connector-aws-roles'
import { connectorAwsTemplates } from './connector-aws-templates'
import { connectorAzure } from './connector-azure'
import { connectorBitbucket } from './connector-bitbucket'
import { connectorBitbucketRepos } from './connector-bitbucket-repos'
import { connectorCi } from './connector-ci'
import { connectorCloudflare } from './connector-cloudflare'
import { connectorConfluence } from './connector-confluence'
import { connectorGcp } from './connector-gcp'
import { connectorGcpLogin } from './connector-gcp-login'
import { connectorGcpProjects } from './connector-gcp-projects'
import { connectorGithub } from './connector-github'
import { connectorGithubApp } from './connector-github-app'
import { connectorGithubRepos } from './connector-github-repos'
import { connectorGitlab } from './connector-gitlab'
import { connectorGoogleChat } from './connector-google-chat'
import { connectorJira } from './connector-jira'
import { connectorKubeconfig } from './connector-kubeconfig'
import { connectorKubectl } from './connector-kubectl'
import { connectorNotion } from './connector-notion'
import { connectorOvh } from './connector-ovh'
import { connectorOvhProjects } from './connector-ovh-projects'
import { connectorPagerduty } from './connector-pagerduty'
import { connectorScaleway } from './connector-scaleway'
import { connectorSentry } from './connector-sentry'
import { connectorSharepoint } from './connector-sharepoint'
import { connectorSlack } from './connector-slack'
import { connectorTailscale } from './connector-tailscale'
import { connectorViews } from './connector-views'
import { connectors } from './connectors'

export const connectorPaths = new Hono<App>()

// Before the family: AWS's connect looks at the organisation's workspaces.
connectorPaths.route('/', connectorAwsRoles)
connectorPaths.route('/', connectorAws)
connectorPaths.route('/', connectorAwsAccounts)
connectorPaths.route('/', connectorAwsTemplates)

connectorPaths.route('/', connectors)
connectorPaths.route('/', connectorViews)
connectorPaths.route('/', connectorAliases)

connectorPaths.route('/', connectorAtlassian)
connectorPaths.route('/', connectorAzure)
connectorPaths.route('/', connectorBitbucket)
connectorPaths.route('/', connectorBitbucketRepos)
connectorPaths.route('/', connectorCi)
connectorPaths.route('/', connectorCloudflare)
connectorPaths.route('/', connectorConfluence)
connectorPaths.route('/', connectorGcp)
connectorPaths.route('/', connectorGcpLogin)
connectorPaths.route('/', connectorGcpProjects)
connectorPaths.route('/', connectorGithub)
connectorPaths.route('/', connectorGithubApp)
connectorPaths.route('/', connectorGithubRepos)
connectorPaths.route('/', connectorGitlab)
connectorPaths.route('/', connectorGoogleChat)
connectorPaths.route('/', connectorJira)
connectorPaths.route('/', connectorKubeconfig)
connectorPaths.route('/', connectorKubectl)
connectorPaths.route('/', connectorNotion)
connectorPaths.route('/', connectorOvh)
connectorPaths.route('/', connectorOvhProjects)
connectorPaths.route('/', connectorPagerduty)
connectorPaths.route('/', connectorScaleway)
connectorPaths.route('/', connectorSentry)
connectorPaths.route('/', connectorSharepoint)
connectorPaths.route('/', connectorSlack)
connectorPaths.route('/', connectorTailscale)
