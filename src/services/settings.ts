/** What an organisation sets for itself: one write for all kinds of settings. */
import { AppError } from '../lib/errors'
import { audit } from '../store/audit'
import { isGuardFailure } from '../store/db'
import { putSettings, settingsOf, type SettingsRow } from '../store/settings'
import type { Ctx } from './context'

/**
 * Writes onto the settings that were read: of two who change them at once only one does.
 * @param event the name of the change in the audit log
 * @returns the settings now in force
 * @throws AppError conflict
 */
export async function changeSettings<T>(
  { db, actor, now }: Ctx,
  event: `settings.${string}`,
  {
    read,
    change,
    stored,
  }: {
    readonly read: (row: SettingsRow | undefined) => T
    readonly change: (before: T) => T
    readonly stored: (after: T) => Parameters<typeof putSettings>[2]
  },
): Promise<T> {
  const [row] = await settingsOf(db)
  const before = read(row)
  const after = change(before)
  try {
    await db.commit([
      putSettings(db, row?.version ?? null, stored(after), now),
      db.ensureChanged(),
      audit(db, { event, actor: actor.userId, subject: null, before, after, at: now }),
    ])
  } catch (error) {
    throw isGuardFailure(error) ? settingsConflict() : error
  }
  return after
}

/** Somebody else was faster. */
export const settingsConflict = () => new AppError('conflict', 'Settings were changed by another writer')
