/** What creates the application that Azure is connected with: a service principal with the Reader role, and nothing else. */

export const SHELL_SCRIPT = `#!/bin/sh
# Creates a service principal that may read one subscription, and prints the body for POST /azure/login.
# Usage: sh aurora-azure.sh [subscription id]
set -eu
SUBSCRIPTION="\${1:-$(az account show --query id --output tsv)}"
PRINCIPAL="$(az ad sp create-for-rbac --name aurora-reader --role Reader --scopes "/subscriptions/$SUBSCRIPTION" --output json)"
printf '%s' "$PRINCIPAL" | sed "s|^{|{\\n  \\"subscriptionId\\": \\"$SUBSCRIPTION\\",|"
`

export const POWERSHELL_SCRIPT = `# Creates a service principal that may read one subscription, and prints the body for POST /azure/login.
param([string]$Subscription = (az account show --query id --output tsv))
$ErrorActionPreference = 'Stop'
$principal = az ad sp create-for-rbac --name aurora-reader --role Reader --scopes "/subscriptions/$Subscription" --output json | ConvertFrom-Json
@{
  tenantId       = $principal.tenant
  clientId       = $principal.appId
  clientSecret   = $principal.password
  subscriptionId = $Subscription
} | ConvertTo-Json
`
