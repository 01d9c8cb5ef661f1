// Part of `npm run check`: the schema and the migrations agree, every migration is additive, every environment is whole.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plainError } from './lib/output.mjs'
import { quietEnvironment, root, runWrangler } from './lib/wrangler.mjs'

const migrations = join(root, 'migrations')
const problems = []

const sqlFiles = (folder) => readdirSync(folder).filter((name) => name.endsWith('.sql'))

/** Lets drizzle-kit write the next migration beside a copy of the others: it must find nothing to write. */
function checkSchema() {
  const copy = mkdtempSync(join(tmpdir(), 'aurora-migrations-'))
  try {
    for (const name of ['package.json', 'drizzle.config.ts', 'drizzle', 'src', 'node_modules'])
      symlinkSync(join(root, name), join(copy, name))
    const out = join(copy, 'migrations')
    cpSync(migrations, out, { recursive: true })
    const before = sqlFiles(out)
    const kit = spawnSync(join(root, 'node_modules/.bin/drizzle-kit'), ['generate'], {
      cwd: copy,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
      env: quietEnvironment(),
    })
    // Its exit code is 0 also when it fails to ask whether a column was renamed, so only its own words count.
    if (kit.stdout.includes('nothing to migrate')) return
    const added = sqlFiles(out).filter((name) => !before.includes(name))
    const sql = added.map((name) => readFileSync(join(out, name), 'utf8').slice(0, 2_000))
    problems.push('The schema has changes without a migration; run `npm run db:generate -- --name what`.')
    problems.push(...(sql.length > 0 ? sql : [plainError(`${kit.stdout}\n${kit.stderr}`)]))
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** D1 cannot switch foreign keys off, so a table rebuild deletes or strands the rows that point to it. */
function checkAdditive() {
  const forbidden = [/\bDROP\s+TABLE\b/i, /__new_/i, /\bON\s+DELETE\s+CASCADE\b/i]
  for (const name of sqlFiles(migrations)) {
    const sql = readFileSync(join(migrations, name), 'utf8').replace(/^\s*--.*$/gm, '')
    for (const pattern of forbidden) {
      const found = pattern.exec(sql)
      if (found)
        problems.push(`migrations/${name} contains ${found[0]}; only additive migrations are safe on D1.`)
    }
  }
}

/** Bindings of the top level are not inherited by an environment: wrangler warns and deploys without them. */
function checkEnvironments() {
  const config = readFileSync(join(root, 'wrangler.toml'), 'utf8')
  const names = new Set([...config.matchAll(/^\s*\[+env\.([\w-]+)/gm)].map((match) => match[1]))
  const folder = mkdtempSync(join(tmpdir(), 'aurora-dry-run-'))
  for (const name of names) {
    const dry = runWrangler(['deploy', '--dry-run', '--env', name, '--outdir', join(folder, name)])
    const text = dry.text.replace(/\s+/g, ' ')
    if (!dry.ok) problems.push(`wrangler deploy --dry-run --env ${name} fails: ${plainError(dry.text)}`)
    else if (text.includes('is not inherited'))
      problems.push(`Environment ${name}: ${plainError(dry.text) || text}`)
  }
  rmSync(folder, { recursive: true, force: true })
}

if (!existsSync(migrations)) problems.push('There is no folder migrations/.')
else {
  checkSchema()
  checkAdditive()
}
checkEnvironments()

if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
