/** The organisation's word on commands, and the record of it. */
import { judgeCommand, type CommandRule, type CommandRules, type Judgement } from '../../agent/command-rules'
import type { Suggestion } from '../../agent/suggestions'
import { audit } from '../../store/audit'
import { allPolicies, policyLists, type ListsRow, type PolicyRow } from '../../store/command-policies'
import type { Statement } from '../../store/db'
import type { TenantDb } from '../../store/tenant-db'

function rulesOf(
  rows: readonly PolicyRow[],
  lists: Pick<ListsRow, 'allowlistEnabled' | 'denylistEnabled'> | undefined,
): CommandRules {
  const enabled = (wanted: PolicyRow['mode']): readonly CommandRule[] =>
    rows.filter(({ mode, enabled }) => enabled && mode === wanted)
  return {
    deny: lists?.denylistEnabled === true ? enabled('deny') : null,
    allow: lists?.allowlistEnabled === true ? enabled('allow') : null,
  }
}

/** One trip. What cannot be read is not judged: whoever asks fails, and nothing is allowed by that. */
export async function readRules(db: TenantDb): Promise<CommandRules> {
  const [rows, [lists]] = await db.batch([allPolicies(db), policyLists(db)])
  return rulesOf(rows, lists)
}

type Judged = Pick<Suggestion, 'command' | 'risk'> & { readonly id: string }

/** Suggestions whose command is denied are of high risk; each judgement is a record for the batch that stores them. */
export async function judgeSuggestions<S extends Judged>(
  db: TenantDb,
  suggestions: readonly S[],
  now: number,
): Promise<{ readonly suggestions: readonly S[]; readonly records: readonly Statement[] }> {
  const commands = suggestions.flatMap(({ id, command }) => (command === null ? [] : [{ id, command }]))
  if (commands.length === 0) return { suggestions, records: [] }
  const rules = await readRules(db)
  if (rules.allow === null && rules.deny === null) return { suggestions, records: [] }
  const judged = new Map(commands.map(({ id, command }) => [id, judgeCommand(command, rules)]))
  return {
    suggestions: suggestions.map((suggestion) =>
      judged.get(suggestion.id)?.allowed === false ? { ...suggestion, risk: 'high' } : suggestion,
    ),
    records: [...judged].map(([id, judgement]) => recordOf(db, id, judgement, now)),
  }
}

const recordOf = (db: TenantDb, subject: string, { allowed, rule, because }: Judgement, at: number) =>
  audit(db, {
    event: 'command_policy.decision',
    actor: 'system',
    subject,
    after: { allowed, because, ruleId: rule?.id ?? null, pattern: rule?.pattern ?? null },
    at,
  })
