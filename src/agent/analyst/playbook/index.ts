/** Steps that help with each kind of failure. */
import { exhaustion } from './exhaustion'
import { foundations } from './foundations'
import { neighbours } from './neighbours'
import type { Playbook } from './step'
import { stuck } from './stuck'

export const STEPS: Required<Playbook> = {
  ...exhaustion,
  ...foundations,
  ...stuck,
  ...neighbours,
  unknown: (name) => [
    {
      type: 'diagnostic',
      title: `Check logs and metrics of ${name} around the first alert`,
      description: 'Look at errors, latency and saturation from 10 minutes before the first alert.',
      risk: 'safe',
    },
    {
      type: 'diagnostic',
      title: `Ask who changed ${name} in the last 2 hours`,
      description: 'Changes that no connected source reports: flags, manual work, data, infrastructure.',
      risk: 'safe',
    },
  ],
}
