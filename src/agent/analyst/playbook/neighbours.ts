/** The trouble comes from those around: callers, neighbours, dependencies, providers. */
import type { Playbook } from './step'

export const neighbours = {
  traffic_surge: (name) => [
    {
      type: 'mitigation',
      title: `Scale ${name} out`,
      description: 'Add instances, and check that what it depends on bears the load.',
      risk: 'medium',
      undo: 'Scale back in.',
    },
    {
      type: 'diagnostic',
      title: `Find where the traffic to ${name} comes from`,
      description:
        'Group requests by client, path and region; tell a campaign from an attack or a retry storm.',
      risk: 'safe',
    },
    {
      type: 'prevent',
      title: `Limit the rate per client of ${name}`,
      description: 'One client should not be able to take all capacity.',
      risk: 'low',
    },
  ],
  retry_storm: (name) => [
    {
      type: 'mitigation',
      title: `Shed load on ${name} until it recovers`,
      description:
        'Limit its callers or refuse a share of the requests at once; then let them in step by step.',
      risk: 'medium',
      undo: 'Lift the limit again.',
    },
    {
      type: 'diagnostic',
      title: `Find which callers of ${name} repeat their requests`,
      description: 'Compare requests per caller with the time before; look for retries at several layers.',
      risk: 'safe',
    },
    {
      type: 'prevent',
      title: `Give callers of ${name} a retry budget with growing, random waits`,
      description: 'Retries should stop on their own when most requests fail.',
      risk: 'low',
    },
  ],
  noisy_neighbour: (name) => [
    {
      type: 'mitigation',
      title: `Slow ${name} down or move it elsewhere`,
      description: 'Pause it, limit it, or give it machines and storage of its own.',
      risk: 'medium',
      undo: `Let ${name} run as before.`,
    },
    {
      type: 'diagnostic',
      title: `Compare what ${name} uses with what its neighbours get`,
      description: 'Look at processor, disk and network of the shared host or storage over time.',
      risk: 'safe',
    },
    {
      type: 'prevent',
      title: `Set limits for ${name}`,
      description: 'Work that can wait should not be able to take everything.',
      risk: 'low',
    },
  ],
  dependency_failure: (name) => [
    {
      type: 'diagnostic',
      title: `Check the health of ${name} and of what it calls`,
      description: 'Begin with the dependency that nothing else in the incident depends on.',
      risk: 'safe',
    },
    {
      type: 'mitigation',
      title: `Switch callers of ${name} to their fallback`,
      description: 'Open circuit breakers, serve stale answers or turn the feature off until it is back.',
      risk: 'medium',
      undo: 'Close the circuit breakers again.',
    },
  ],
  external_provider: (name) => [
    {
      type: 'diagnostic',
      title: `Watch the status page of the provider that ${name} uses`,
      description: 'Confirm that its incident touches the region and the feature in use.',
      risk: 'safe',
    },
    {
      type: 'mitigation',
      title: `Move ${name} off the affected provider or region`,
      description: 'Use the second provider or region if there is one.',
      risk: 'medium',
      undo: 'Move it back once the provider has recovered.',
    },
  ],
} satisfies Playbook
