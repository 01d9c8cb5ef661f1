/** The service itself cannot go on with what it runs or reads. */
import type { Playbook } from './step'

export const stuck = {
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
} satisfies Playbook
