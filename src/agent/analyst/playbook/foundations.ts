/** What everything stands on gave way: names, certificates, rights, network, machines. */
import type { Playbook } from './step'

export const foundations = {
  certificate: (name) => [
    {
      type: 'diagnostic',
      title: `Check the certificate of ${name}`,
      description: 'Look at its dates, names and chain as a client sees them.',
      risk: 'safe',
    },
    {
      type: 'remediate',
      title: `Renew the certificate of ${name}`,
      description: 'Renew it, reload what serves it, and check the chain from outside.',
      risk: 'medium',
    },
    {
      type: 'prevent',
      title: `Alert 21 days before certificates of ${name} expire`,
      description: 'Expiry is known in advance.',
      risk: 'low',
    },
  ],
  dns: (name) => [
    {
      type: 'diagnostic',
      title: `Resolve the names that ${name} uses`,
      description: 'Ask the resolver of its hosts and a public one, and compare the answers.',
      risk: 'safe',
    },
    {
      type: 'remediate',
      title: `Restore the missing DNS records of ${name}`,
      description: 'Compare the zone with its last known good state; mind the time to live.',
      risk: 'medium',
    },
  ],
  access_denied: (name) => [
    {
      type: 'diagnostic',
      title: `Find which identity of ${name} was refused`,
      description:
        'Look for the principal, the action and the resource in the refused calls, and for recent rotations.',
      risk: 'safe',
    },
    {
      type: 'remediate',
      title: `Restore the permission or credential of ${name}`,
      description: 'Return the permission that was taken, or roll out the rotated credential.',
      risk: 'medium',
      undo: 'Take the permission back.',
    },
  ],
  network_failure: (name) => [
    {
      type: 'diagnostic',
      title: `Trace the path between ${name} and its callers`,
      description: 'Compare loss and latency per hop, zone and interface with a healthy path.',
      risk: 'safe',
    },
    {
      type: 'mitigation',
      title: `Route around the network of ${name}`,
      description: 'Take the failing link, zone or interface out of service where there is a second one.',
      risk: 'medium',
      undo: 'Take it into service again.',
    },
  ],
  node_failure: (name) => [
    {
      type: 'diagnostic',
      title: `Check the machines that ${name} runs on`,
      description: 'Look for a lost, rebooted or reclaimed machine, and for what else ran there.',
      risk: 'safe',
    },
    {
      type: 'mitigation',
      title: `Move ${name} to healthy machines`,
      description: 'Keep new work off the machine and let its instances start elsewhere.',
      risk: 'medium',
      undo: 'Allow new work on the machine again.',
    },
    {
      type: 'prevent',
      title: `Spread ${name} over more machines`,
      description: 'No single machine should carry all of its instances.',
      risk: 'low',
    },
  ],
} satisfies Playbook
