/** Error lines of services in Log Analytics: what Application Insights keeps of a role, and what containers write. */
import * as z from 'zod'
import { ERROR_WORDS } from '../../lib/line-templates'
import type { Vendor } from '../operation'
import { mapOk, ok } from '../outcome'
import { patternOf } from '../prometheus/service-labels'
import { quoted } from '../quoted'
import { serviceLogs } from '../service-logs'
import { API, type Details } from './details'
import { queryWorkspaces, unionOf, workspacesOf } from './workspaces'

const COLUMNS = 'TimeGenerated:datetime, IsError:bool, Line:string'
const ERRORS = `IsError or Line matches regex ${quoted(`(?i)(${ERROR_WORDS.join('|')})`)}`

const row = z.object({ TimeGenerated: z.string(), Line: z.string().nullish() })

export const azureServiceLogs = serviceLogs(async (vendor: Vendor<Details>) =>
  mapOk(await workspacesOf(vendor), (workspaces) => ({
    url: API,
    search: async ({ service, from, to, only, limit }) => {
      const rest = `${only === 'any' ? '' : ` | where ${ERRORS}`} | top ${limit} by TimeGenerated desc`
      // Apart, since a table of the plan "Basic" is refused with all that is asked beside it: mostly those of containers are.
      const answers = await Promise.all(
        [ofRole(service), ofContainers(service)].map((tables) =>
          queryWorkspaces(vendor, workspaces, `${unionOf(COLUMNS, tables)}${rest}`, { from, to }, row),
        ),
      )
      const lines = answers.flatMap((answer) => (answer.kind === 'ok' ? answer.value : []))
      const refused = answers.find((answer) => answer.kind !== 'ok')
      // That there is no line is known only of what could be read.
      return lines.length === 0 && refused !== undefined
        ? refused
        : ok(lines.map(({ TimeGenerated, Line }) => ({ at: Date.parse(TimeGenerated), text: Line ?? '' })))
    },
  })),
)

function ofRole(service: string): readonly string[] {
  const own = `where AppRoleName =~ ${quoted(service)} | project TimeGenerated`
  return [
    `AppExceptions | ${own}, IsError=true, Line=strcat(ExceptionType, ": ", coalesce(OuterMessage, InnermostMessage))`,
    `AppTraces | ${own}, IsError=SeverityLevel >= 3, Line=Message`,
    `AppRequests | ${own}, IsError=Success == false, Line=strcat(Name, " ", ResultCode)`,
  ]
}

function ofContainers(service: string): readonly string[] {
  const name = quoted(service)
  const pods = quoted(`(?i)^(?:${patternOf('pod', [service])})$`)
  return [
    `ContainerLogV2 | where ContainerName =~ ${name} or PodName matches regex ${pods} | project TimeGenerated, IsError=LogLevel in~ ("error", "critical"), Line=tostring(LogMessage)`,
    // By way of Azure Monitor, and straight to the workspace, which is usual.
    `ContainerAppConsoleLogs | where ContainerAppName =~ ${name} | project TimeGenerated, IsError=false, Line=Log`,
    `ContainerAppConsoleLogs_CL | where ContainerAppName_s =~ ${name} | project TimeGenerated, IsError=false, Line=Log_s`,
  ]
}
