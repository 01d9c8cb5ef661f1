/** Azure's public cloud: an application of Entra ID with its secret, and perhaps a second one that may only read. */
import { connector } from '../connector'
import { mapOk, ok } from '../outcome'
import { details, secret, settings } from './details'
import { form } from './form'
import { operations } from './operations'
import { findSubscription, listSubscriptions } from './subscriptions'
import { tokenOf } from './tokens'

const NONE = { kind: 'no_resources', text: 'No enabled subscription found' } as const

export const azure = connector({
  id: 'azure',
  name: 'Azure',
  category: 'cloud',
  kinds: ['client_credentials'],
  multiAccount: false,
  hosts: ['login.microsoftonline.com', 'management.azure.com'],
  revokeHint: 'Delete or rotate the client secret of the application in Entra ID.',
  form: {
    schema: form,
    read: ({ main, readOnly, subscriptionId }) =>
      ok({
        secret: { clientSecret: main.clientSecret, readOnlySecret: readOnly?.clientSecret ?? null },
        settings: {
          tenantId: main.tenantId,
          clientId: main.clientId,
          readOnly: readOnly === null ? null : { tenantId: readOnly.tenantId, clientId: readOnly.clientId },
          wanted: subscriptionId,
        },
      }),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { secret, settings }) => {
    // The access is that of the read-only pair where there is one; here each pair shows what it can by itself.
    const pairs = [
      { identity: settings, key: secret.clientSecret },
      ...(settings.readOnly === null || secret.readOnlySecret === null
        ? []
        : [{ identity: settings.readOnly, key: secret.readOnlySecret }]),
    ]
    const proved = []
    for (const { identity, key } of pairs) {
      const token = await tokenOf(ctx, identity, key)
      if (token.kind !== 'ok') return token
      // Both must see the very same subscription.
      const wanted = proved[0]?.subscriptionId.toLowerCase() ?? settings.wanted
      const found = await findSubscription(ctx, token.value.access, wanted)
      if (found.kind !== 'ok') return found
      if (found.value === null) return NONE
      proved.push(found.value)
    }
    const [subscription] = proved
    if (subscription === undefined) return NONE
    const { subscriptionId, displayName } = subscription
    return ok({
      accountId: subscriptionId,
      accountName: displayName || subscriptionId,
      details: {
        ...settings,
        subscriptionId,
        subscriptionName: displayName || subscriptionId,
        hasReadOnly: settings.readOnly !== null,
      },
    })
  },
  access: {
    kind: 'minted',
    mint: (ctx, { secret, settings }) =>
      settings.readOnly === null || secret.readOnlySecret === null
        ? tokenOf(ctx, settings, secret.clientSecret)
        : tokenOf(ctx, settings.readOnly, secret.readOnlySecret),
  },
  resources: async (ctx, { access }, cursor) =>
    mapOk(await listSubscriptions(ctx, access, cursor), ({ subscriptions, next }) => ({
      resources: subscriptions.map(({ subscriptionId, displayName, state }) => ({
        id: subscriptionId,
        name: displayName || subscriptionId,
        type: 'subscription',
        details: { state },
      })),
      nextCursor: next,
    })),
  operations,
})
