import { root, runWrangler } from './wrangler.mjs'

/**
 * Applies the D1 migrations to the local database of a state folder. Safe to repeat, also while a server runs on it.
 * @returns {{ ok: boolean, text: string }}
 */
export function migrate({ state, cwd = root }) {
  return runWrangler(['d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', state], { cwd })
}
