import * as z from 'zod'

export const API = 'https://api.bitbucket.org/2.0'

/** What using the secret needs. */
export const settings = z.object({ auth_type: z.enum(['api_token', 'oauth']) })

/** What status may show. */
export const details = settings.extend({
  username: z.string(),
  display_name: z.string(),
  /** Read scopes that Bitbucket says the credential lacks; empty where it does not say. */
  missing_scopes: z.array(z.string()),
})

export type Details = z.infer<typeof details>

/** Scopes of an API token, and what a consumer of OAuth calls the same. */
const READ_SCOPES: Readonly<Record<Details['auth_type'], readonly string[]>> = {
  api_token: [
    'read:user:bitbucket',
    'read:workspace:bitbucket',
    'read:project:bitbucket',
    'read:repository:bitbucket',
    'read:pullrequest:bitbucket',
    'read:issue:bitbucket',
  ],
  oauth: ['account', 'project', 'repository', 'pullrequest', 'issue'],
}

/** @param header what Bitbucket says it granted; null when it says nothing */
export function missingScopes(authType: Details['auth_type'], header: string | null): readonly string[] {
  const granted = (header ?? '').split(/[\s,]+/).filter((scope) => scope !== '')
  return granted.length === 0 ? [] : READ_SCOPES[authType].filter((scope) => !isGranted(scope, granted))
}

/** A right to write includes the right to read. */
const isGranted = (scope: string, granted: readonly string[]): boolean =>
  granted.some((it) => it === scope || it === scope.replace(/^read:/, 'write:') || it === `${scope}:write`)
