/**
 * What a suggested command could destroy, judged by its text alone. Nothing here is ever run: the judgement decides how
 * loudly a person is warned, so what cannot be read for sure counts as destructive.
 */

const WORDS =
  /(?<![\w-])(?:delete|remove|destroy|terminate|drop|truncate|purge|kill|--force|--hard|--all|-rf)(?![\w-])/i

/** Whether a text names an act that cannot be taken back. */
export const soundsDestructive = (text: string): boolean => WORDS.test(text)

/** One simple command each, after `sudo`, `env` and assignments: programs and options that lose data, traffic or access. */
const PATTERNS: readonly RegExp[] = [
  /^(?:\S*\/)?(?:rm|rmdir|unlink|shred|wipefs|blkdiscard|fdisk|sfdisk|parted|mkfs\S*|mkswap|killall|pkill|shutdown|reboot|halt|poweroff|userdel|groupdel)(?:\s|$)/i,
  /^(?:\S*\/)?dd\s.*\bof=/i,
  /^(?:\S*\/)?(?:ba|z|k|da)?sh(?:\s|$)/i,
  /^(?:\S*\/)?(?:eval|source|xargs)(?:\s|$)/i,
  /^(?:\S*\/)?(?:python\d?|perl|ruby|node)\s+-(?:c|e)\b/i,
  /^(?:\S*\/)?git\s+(?:push\s.*(?:-f\b|--mirror|--prune|\s\+)|clean\b|filter-branch\b|reset\b)/i,
  /^(?:\S*\/)?kubectl\s.*\b(?:drain|replace\s.*--grace-period|scale\s.*--replicas[= ]0\b|patch\s.*finalizers)/i,
  /^(?:\S*\/)?helm\s+(?:uninstall|del)\b/i,
  /^(?:\S*\/)?(?:docker|podman|nerdctl)\s.*\b(?:prune|rm|rmi|stop)\b/i,
  /^(?:\S*\/)?(?:aws|gcloud|az|gsutil)\s.*\b(?:rb|rm|deregister\S*|delete-\S+|terminate-\S+|stop-instances|revoke-\S+|detach-\S+)(?:\s|$)/i,
  /^(?:\S*\/)?redis-cli\s.*\b(?:flushall|flushdb|del|unlink)\b/i,
  /\b(?:alter\s+table|update\s+\S+\s+set|grant|revoke)\b/i,
  /^(?:\S*\/)?find\s.*-(?:delete|exec\S*)\b/i,
  /^(?:\S*\/)?chmod\s+(?:-R|--recursive|\S*777)/i,
  /^(?:\S*\/)?chown\s+(?:-R|--recursive)/i,
  /^(?:\S*\/)?(?:iptables|nft)\s.*(?:-F|flush)\b/i,
  /^(?:\S*\/)?(?:curl|wget|http)\s.*(?:-X\s*|--request[= ]|--method[= ])['"]?(?:DELETE|PUT|PATCH|POST)\b/i,
  // What is sent cannot be called back: a body turns the request into a write, or carries a file away.
  /^(?:\S*\/)?curl\s.*(?:-(?:d|F|T)|--(?:data\S*|form\S*|json|upload-file))(?:[\s='"@]|$)/,
  /^(?:\S*\/)?wget\s.*--(?:post|body)-/i,
  // A redirection that overwrites; to nowhere is harmless.
  /(?<![>&\d])\d?>(?!>|&)\s*(?!\/dev\/null(?:\s|$))/,
]

const PREFIX = /^(?:(?:sudo|doas|env|nohup|time|command|exec)\s+(?:-\S+\s+)*|[A-Za-z_]\w*=\S*\s+)+/i

/** Whether a command, or any command inside it, may destroy something. */
export function isDestructive(command: string): boolean {
  // A function hides what it does behind a name.
  if (WORDS.test(command) || /\(\s*\)\s*\{/.test(command)) return true
  const pieces = piecesOf(command)?.map((piece) => piece.replace(PREFIX, ''))
  return pieces === undefined || pieces.some((piece) => PATTERNS.some((pattern) => pattern.test(piece)))
}

/** The simple commands of a shell line, nested ones too; null when it cannot be taken apart for sure. */
export function piecesOf(command: string): readonly string[] | null {
  const pieces: string[] = []
  let piece = ''
  let quote: string | null = null
  const end = (): void => {
    const text = piece.trim()
    if (text !== '') pieces.push(text)
    piece = ''
  }
  for (let at = 0; at < command.length; at++) {
    const char = command[at] ?? ''
    if (quote === "'") {
      if (char === quote) quote = null
      piece += char
    } else if (char === '\\') {
      // What is hidden behind escapes is not read.
      return null
    } else if (char === '`' || char === '(' || char === ')') {
      // A substitution is a command of its own, inside double quotes as well.
      end()
    } else if (char === quote) {
      quote = null
      piece += char
    } else if (quote === null && (char === '"' || char === "'")) {
      quote = char
      piece += char
    } else if (quote === null && command.startsWith('<<', at)) {
      return null
    } else if (
      quote === null &&
      (/[;|\n]/.test(char) || (char === '&' && command[at - 1] !== '>' && command[at + 1] !== '>'))
    ) {
      end()
    } else piece += char
  }
  end()
  return quote === null ? pieces : null
}
