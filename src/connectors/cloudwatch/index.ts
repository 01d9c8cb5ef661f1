/**
 * CloudWatch: alarms come in by webhook, nothing is called. It is no entry of the registry, since there is no connection;
 * it names the alert source that its paths switch on and off.
 */
import * as z from 'zod'
import { headerAccess } from '../access'
import { connector, noSettings } from '../connector'

export const cloudwatch = connector({
  id: 'cloudwatch',
  name: 'CloudWatch',
  category: 'observability',
  kinds: ['webhook_only'],
  multiAccount: false,
  hosts: [],
  alertSource: 'cloudwatch',
  revokeHint: 'Remove the subscription of the SNS topic in AWS.',
  secret: z.object({}),
  settings: noSettings,
  details: z.object({}),
  prove: async () => ({ kind: 'vendor_error' }),
  access: { kind: 'static', of: () => headerAccess({}) },
})
