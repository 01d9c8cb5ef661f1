/** Something that was there ran out: memory, disk, connections, processor, a quota. */
import type { Playbook } from './step'

export const exhaustion = {
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
} satisfies Playbook
