/**
 * Which of the texts seen are stored as the hash of a secret. Hashes of bodies and the chain of the audit log are no secrets.
 * @param {Map<string, string>} seen what looks like a hash, with where it was seen
 * @returns {Promise<string[]>} one sentence each
 */
export async function shownHashes(db, seen) {
  const { results: tables } = await db
    .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'")
    .all()
  const found = []
  for (const { name, sql } of tables)
    for (const [, column] of sql.matchAll(/`(\w+_hash)`/g)) {
      if (/body/.test(column) || name === 'audit_log') continue
      const { results } = await db.prepare(`SELECT ${column} AS hash FROM ${name}`).all()
      for (const { hash } of results)
        if (seen.has(hash)) found.push(`${seen.get(hash)}: shows ${name}.${column}`)
    }
  return found
}
