// A parcel carrier, simulated: who calls whom, what can break, and who is watched.
// Rules were improved on its development issues; the held-out ones are only counted.
import { sampledTraces } from './sampled-traces.mjs'
import { simulated } from './simulated.mjs'

/** How a request comes about: milliseconds of processor and of waiting, replicas, memory in MiB, calls per request. */
const services = {
  'public-api': {
    cpu: 3,
    wait: 2,
    replicas: 3,
    memory: 180,
    requests: 60,
    calls: { booking: 0.35, tracking: 0.6, profiles: 0.3 },
  },
  counter: {
    cpu: 4,
    wait: 3,
    replicas: 2,
    memory: 240,
    requests: 25,
    calls: { booking: 0.7, pricing: 0.5, labels: 0.4 },
  },
  booking: {
    cpu: 7,
    wait: 4,
    replicas: 3,
    memory: 420,
    calls: { pricing: 1, 'slot-finder': 0.8, payments: 0.5, 'booking-db': 2.2, notifier: 0.6 },
  },
  tracking: { cpu: 4, wait: 3, replicas: 2, memory: 310, calls: { 'scan-store': 1.4, 'geo-lookup': 0.5 } },
  pricing: { cpu: 9, wait: 1, replicas: 3, memory: 260, calls: { 'tariff-cache': 1.6, 'geo-lookup': 0.4 } },
  'slot-finder': { cpu: 12, wait: 6, replicas: 3, memory: 520, calls: { 'geo-lookup': 1.1, depots: 0.9 } },
  payments: { cpu: 5, wait: 35, replicas: 2, memory: 350, calls: { 'ledger-db': 1.5 } },
  profiles: { cpu: 3, wait: 2, replicas: 2, memory: 220, calls: { 'booking-db': 0.6 } },
  labels: { cpu: 16, wait: 4, replicas: 2, memory: 380, calls: { depots: 0.5 } },
  notifier: { cpu: 4, wait: 12, replicas: 2, memory: 200, optional: true, calls: {} },
  'geo-lookup': { cpu: 5, wait: 2, replicas: 3, memory: 640, calls: {} },
  depots: { cpu: 4, wait: 3, replicas: 2, memory: 290, calls: { 'booking-db': 0.4 } },
  'booking-db': { cpu: 1.6, wait: 1.5, replicas: 1, memory: 1400, store: 'postgres', calls: {} },
  'ledger-db': { cpu: 2.5, wait: 2, replicas: 1, memory: 900, store: 'postgres', calls: {} },
  'scan-store': { cpu: 1.8, wait: 1.5, replicas: 1, memory: 1100, store: 'postgres', calls: {} },
  'tariff-cache': { cpu: 0.3, wait: 0.3, replicas: 1, memory: 500, store: 'redis', calls: {} },
}
const causes = [
  'booking',
  'tracking',
  'pricing',
  'slot-finder',
  'payments',
  'profiles',
  'labels',
  'geo-lookup',
  'depots',
  'booking-db',
  'scan-store',
  'tariff-cache',
]
/** Where people are paged for what customers feel, the most visible first; the others only for what is far gone. */
const watched = ['public-api', 'counter', 'booking', 'tracking', 'payments']

/** @returns {{ edges: object[], issues: object[] }} of a system as `evaluateSystems` takes it */
export const parcels = (choice, view) => simulated({ services, causes, watched, view }, choice)

/** Its development issues, also as sampled traces show them, and its held-out ones: other faults, other noise, other decoys. */
export const parcelCarriers = () => [
  {
    ...parcels({ seed: 20_260_101, cases: 30 }),
    name: 'Parcel carrier (simulated), development',
    promised: { top1: 0.85, top3: 0.95 },
  },
  {
    ...parcels({ seed: 20_260_202, skip: 31, cases: 20 }),
    name: 'Parcel carrier (simulated), held out',
    promised: { top1: 0.9, top3: 0.95 },
  },
  {
    ...parcels({ seed: 20_260_101, cases: 30 }, sampledTraces),
    name: 'Parcel carrier (simulated), sampled traces, development',
    promised: { top1: 0.85, top3: 0.93 },
  },
]
