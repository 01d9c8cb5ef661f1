/** Steps that help with each kind of failure, most helpful at once first. */

import type { SuggestionDraft } from '../suggestions'
import type { ChangeMechanism, Mechanism } from './mechanism'

/** A suggestion without what the case adds. */
export type Step = Pick<SuggestionDraft, 'type' | 'title' | 'description' | 'risk'> &
  Partial<Pick<SuggestionDraft, 'command' | 'undo'>>

/** Service name in, steps out. */
export const STEPS: Readonly<
  Record<Exclude<Mechanism, ChangeMechanism | 'monitoring_artifact'>, (name: string) => readonly Step[]>
> = {
  out_of_memory: (name) => [
    {
      type: 'mitigation',
      title: `Raise the memory limit of ${name}`,
      description: `Give ${name} more memory for now and restart one instance after the other.`,
      risk: 'medium',
      undo: 'Set the former limit again.',
    },
    {
      type: 'diagnostic',
      title: `Compare the memory of ${name} with its limit`,
      description:
        'Look at working set, limit and the time since the last restart: a steady climb is a leak, a jump is a request.',
      risk: 'safe',
    },
    {
      type: 'prevent',
      title: `Alert on memory of ${name} at 85 % of its limit`,
      description: 'An alert before the limit leaves time to act.',
      risk: 'low',
    },
  ],
  crash_loop: (name) => [
    {
      type: 'diagnostic',
      title: `Read the last log lines of ${name} before it exited`,
      description:
        'The log of the previous instance holds the reason of the exit; look at its exit code too.',
      risk: 'safe',
    },
    {
      type: 'mitigation',
      title: `Return ${name} to the last version that stayed up`,
      description: 'Use the deployment tool to go back to the last version without restarts.',
      risk: 'medium',
      undo: 'Deploy the present version again.',
    },
    {
      type: 'prevent',
      title: `Stop rollouts of ${name} when instances restart`,
      description: 'Let the rollout wait for instances that stay ready.',
      risk: 'low',
    },
  ],
  disk_full: (name) => [
    {
      type: 'diagnostic',
      title: `Find what fills the disk of ${name}`,
      description: 'List the largest directories and deleted files that are still open.',
      risk: 'safe',
      command: 'df -h && du -xh --max-depth=2 / | sort -h | tail -20',
    },
    {
      type: 'remediate',
      title: `Enlarge the volume of ${name}`,
      description: 'Grow the volume, then its file system; rotate or archive old files once it is safe.',
      risk: 'medium',
    },
    {
      type: 'prevent',
      title: `Alert on disk of ${name} at 80 %`,
      description: 'Alert on the time until full, too.',
      risk: 'low',
    },
  ],
  pool_exhaustion: (name) => [
    {
      type: 'diagnostic',
      title: `List the open connections of ${name} by client`,
      description:
        'See which client holds the connections and for how long they have been idle in a transaction.',
      risk: 'safe',
    },
    {
      type: 'mitigation',
      title: `Raise the connection pool of ${name}`,
      description:
        'Raise the pool within what the data store allows, or restart the client that leaks connections.',
      risk: 'medium',
      undo: 'Set the former size again.',
    },
    {
      type: 'prevent',
      title: `Set a timeout for idle connections to ${name}`,
      description: 'Connections that nobody uses should return to the pool by themselves.',
      risk: 'low',
    },
  ],
  resource_limit: (name) => [
    {
      type: 'diagnostic',
      title: `Compare the open files and threads of ${name} with their limits`,
      description:
        'A steady climb is a leak; a jump is a burst of clients or a slow dependency that holds them.',
      risk: 'safe',
    },
    {
      type: 'mitigation',
      title: `Restart the instances of ${name} one by one`,
      description: 'It frees what has leaked; raise the limit only if the machine bears it.',
      risk: 'medium',
    },
    {
      type: 'prevent',
      title: `Alert on ${name} at 80 % of its limits`,
      description: 'Watch the trend, so that a leak is seen days before.',
      risk: 'low',
    },
  ],
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
  quota: (name) => [
    {
      type: 'diagnostic',
      title: `Compare the use of ${name} with its quota`,
      description: 'Find the limit that was hit and which caller grew.',
      risk: 'safe',
    },
    {
      type: 'mitigation',
      title: `Slow the callers of ${name} down or raise the quota`,
      description: 'Shed or delay the least important calls until the limit is raised.',
      risk: 'medium',
    },
    {
      type: 'prevent',
      title: `Alert on ${name} at 80 % of its quota`,
      description: 'Ask for more before the limit is reached.',
      risk: 'low',
    },
  ],
  data_lock: (name) => [
    {
      type: 'diagnostic',
      title: `List the blocking sessions of ${name}`,
      description: 'Find the oldest transaction and what waits for it.',
      risk: 'safe',
    },
    {
      type: 'mitigation',
      title: `End the oldest blocking transaction of ${name}`,
      description: 'Make sure that its work can be repeated before it is ended.',
      risk: 'high',
    },
  ],
  bad_data: (name) => [
    {
      type: 'diagnostic',
      title: `Find the record that ${name} cannot read`,
      description:
        'Look at the first failing message or row, who produced it, and what changed in its format.',
      risk: 'safe',
    },
    {
      type: 'mitigation',
      title: `Set the unreadable records of ${name} aside`,
      description: 'Move them to a dead-letter place so that the rest goes on; keep them for a repeat.',
      risk: 'medium',
      undo: 'Put them back in line.',
    },
    {
      type: 'prevent',
      title: `Check records before they reach ${name}`,
      description: 'Agree on a schema with the producer, and refuse at the border what does not fit.',
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
  cpu_saturation: (name) => [
    {
      type: 'mitigation',
      title: `Give ${name} more CPU or instances`,
      description: 'Raise the limit or scale out; throttling shows as latency first.',
      risk: 'medium',
      undo: 'Set the former limits again.',
    },
    {
      type: 'diagnostic',
      title: `Profile the CPU of ${name}`,
      description: 'Compare a profile of now with one of a quiet time.',
      risk: 'safe',
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
