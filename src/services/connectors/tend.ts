/** What connections need from time to time. Each round is bounded; the next one does the rest. */
import { log } from '../../lib/log'
import { kidOf, open, rewrap } from '../../lib/seal'
import { DAY, HOUR } from '../../lib/time'
import { audit } from '../../store/audit'
import type { ConnectionDispatch } from '../../store/connection-dispatch'
import type { ConnectorJobRow } from '../../store/connection-rows'
import { rewrapSecret, rewrapSigningSecrets } from '../../store/connections'
import { resealKey } from '../../store/machines'
import { signingSecretPlace } from '../judge-delivery'
import { privateKeyPlace } from '../ssh-keys'
import { claimPlace, rewrapCredential } from './credentials'
import { REVALIDATE } from './core-jobs'
import { provedSchema } from './read-job'
import { startJob } from './start-job'
import type { Ports } from './ports'
import { revokeAtVendor } from './revoke'

const ROUND = 50
const MOST_REWRAPPED = 200
const UNVERIFIED_AFTER = 6 * HOUR
const JOBS_KEPT = 7 * DAY

/** One round over all organisations. */
export async function tendConnections(
  ports: Ports,
  dispatch: ConnectionDispatch,
  now: number,
): Promise<void> {
  for (const jobId of await dispatch.stuckJobs(now, ROUND)) await ports.sendJob(jobId)
  for (const login of await dispatch.takeUnclaimed(now, ROUND)) await revokeUnclaimed(ports, login)
  await dispatch.prune(now, now - JOBS_KEPT)
  await rewrapKeys(ports, dispatch, now)
  for (const row of await dispatch.toRevalidate(now - UNVERIFIED_AFTER, now, ROUND))
    await startJob(ports.tenant(row.orgId), ports, row, REVALIDATE, { userId: row.userId, now })
}

/** Nobody came for the tokens of this login: they end where they were made. */
async function revokeUnclaimed(ports: Ports, login: ConnectorJobRow): Promise<void> {
  const connector = ports.connectorOf(login.provider)
  if (connector === null || login.claimSealed === null) return
  try {
    const opened = await open(await ports.masters(), claimPlace(login.id), login.claimSealed)
    if (!opened.ok) return
    const proved = provedSchema.parse(JSON.parse(opened.plaintext))
    const account = { accountId: proved.accountId, connectionId: login.id, method: 'oauth_code' }
    await revokeAtVendor(ports, connector, connector.open(proved.secret, proved.details), account)
  } catch (error) {
    log.error('login.revoke_failed', error, { provider: login.provider })
  }
}

/** Moves data keys from the previous master to the current one; the ciphertexts stay as they are. */
async function rewrapKeys(ports: Ports, dispatch: ConnectionDispatch, now: number): Promise<void> {
  if (ports.setting('CONNECTOR_MASTER_KEY_PREVIOUS') === null) return
  const masters = await ports.masters()
  const previous = masters.readable.find(({ kid }) => kid !== masters.current.kid)
  if (previous === undefined) return
  const moved = new Map<string, number>()
  const count = (orgId: string): void => void moved.set(orgId, (moved.get(orgId) ?? 0) + 1)

  for (const secret of await dispatch.secretsUnder(previous.kid, MOST_REWRAPPED)) {
    const key = await rewrapCredential(masters, secret)
    if (key === null) continue
    await ports.tenant(secret.orgId).commit([rewrapSecret(ports.tenant(secret.orgId), secret, key)])
    count(secret.orgId)
  }
  for (const integration of await dispatch.signingSecretsUnder(previous.kid, MOST_REWRAPPED)) {
    const place = signingSecretPlace(integration)
    const renew = async (sealed: string | null): Promise<string | null> => {
      if (sealed === null || kidOf(sealed) !== previous.kid) return sealed
      const renewed = await rewrap(masters, place, sealed)
      return renewed.ok ? renewed.sealed : sealed
    }
    const db = ports.tenant(integration.orgId)
    await db.commit([
      rewrapSigningSecrets(db, integration, {
        signingSecret: await renew(integration.signingSecret),
        previousSigningSecret: await renew(integration.previousSigningSecret),
      }),
    ])
    count(integration.orgId)
  }
  for (const key of await dispatch.sshKeysUnder(previous.kid, MOST_REWRAPPED)) {
    const renewed = await rewrap(masters, privateKeyPlace(key), key.privateKeySealed)
    if (!renewed.ok) continue
    const db = ports.tenant(key.orgId)
    await db.commit([resealKey(db, key, renewed.sealed)])
    count(key.orgId)
  }
  for (const [orgId, keys] of moved) {
    const db = ports.tenant(orgId)
    await db.commit([
      audit(db, {
        event: 'connector.key_rewrapped',
        actor: 'system',
        subject: null,
        after: { keys, kid: masters.current.kid },
        at: now,
      }),
    ])
  }
}
