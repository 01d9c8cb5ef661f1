/** Sets of rules to begin with. */

interface TemplateRule {
  readonly pattern: string
  readonly description: string
  readonly priority: number
}

export interface PolicyTemplate {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly allow: readonly TemplateRule[]
  readonly deny: readonly TemplateRule[]
}

const rule = (priority: number, pattern: string, description: string): TemplateRule => ({
  pattern,
  description,
  priority,
})

const DESTRUCTIVE = [
  rule(100, '^(?:sudo )?(?:rm|shred|mkfs|wipefs|dd)\\b', 'Deletes files or overwrites disks'),
  rule(
    90,
    '^(?:sudo )?kubectl .*\\b(?:delete|drain|replace)\\b',
    'Removes Kubernetes objects or empties nodes',
  ),
  rule(90, '^(?:sudo )?helm .*\\b(?:uninstall|delete)\\b', 'Removes Helm releases'),
  rule(90, '\\bterraform (?:destroy|apply)\\b', 'Changes or removes infrastructure'),
  rule(80, '^aws .*\\b(?:delete|terminate|revoke|deregister)-', 'Removes AWS resources'),
  rule(80, '^(?:gcloud|az) .*\\b(?:delete|remove)\\b', 'Removes cloud resources'),
  rule(70, '(?:DROP|TRUNCATE|DELETE) ', 'Removes data from a database'),
  rule(60, '^(?:sudo )?(?:shutdown|reboot|halt|poweroff)\\b', 'Stops machines'),
] as const

const LOOKING = [
  rule(50, 'kubectl (?:get|describe|logs|top|events|explain|version)(?: .*)?', 'Looks at Kubernetes'),
  rule(50, 'helm (?:list|status|history|get)(?: .*)?', 'Looks at Helm releases'),
  rule(50, '^aws [a-z0-9-]+ (?:describe|list|get)-[a-z-]+(?: .*)?', 'Looks at AWS'),
  rule(50, 'docker (?:ps|logs|inspect|stats|images)(?: .*)?', 'Looks at containers'),
  rule(40, 'systemctl (?:status|list-units|is-active)(?: .*)?', 'Looks at services'),
  rule(40, 'journalctl(?: .*)?', 'Reads the journal'),
  rule(40, '(?:df|du|free|uptime|ps|top|vmstat|iostat|ss)(?: .*)?', 'Looks at a machine'),
  rule(40, '(?:dig|nslookup|ping|traceroute)(?: .*)?', 'Looks at the network'),
  rule(30, '(?:cat|head|tail|less|grep|wc|sort|uniq|cut|jq)(?: .*)?', 'Reads and sorts text'),
  rule(30, 'git (?:log|show|diff|status|blame)(?: .*)?', 'Looks at a repository'),
] as const

export const TEMPLATES: readonly PolicyTemplate[] = [
  {
    id: 'no_destruction',
    name: 'No destruction',
    description: 'Everything but what deletes, stops or overwrites.',
    allow: [rule(1, '.*', 'Everything that is not denied')],
    deny: DESTRUCTIVE,
  },
  {
    id: 'read_only',
    name: 'Read only',
    description: 'Only commands that look.',
    allow: LOOKING,
    deny: DESTRUCTIVE,
  },
]
