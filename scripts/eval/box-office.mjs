// A box office, simulated: a deeper call graph than the parcel carrier's, and seen by little. Held out: its bad
// figures were the reason to work with sampled traces, too; no rule was made for one of its issues.
import { sampledTraces } from './sampled-traces.mjs'
import { simulated } from './simulated.mjs'

const services = {
  web: {
    cpu: 4,
    wait: 3,
    replicas: 3,
    memory: 260,
    requests: 40,
    calls: { search: 0.7, seatmap: 0.8, basket: 0.5, auth: 1 },
  },
  'app-gateway': {
    cpu: 3,
    wait: 2,
    replicas: 2,
    memory: 210,
    requests: 30,
    calls: { seatmap: 0.6, basket: 0.5, wallet: 0.3, auth: 1 },
  },
  'partner-api': {
    cpu: 3,
    wait: 4,
    replicas: 2,
    memory: 230,
    requests: 12,
    calls: { inventory: 1, auth: 1 },
  },
  auth: { cpu: 2, wait: 1, replicas: 2, memory: 190, calls: { sessions: 1.2 } },
  search: { cpu: 8, wait: 3, replicas: 3, memory: 700, calls: { 'search-index': 1.2, events: 0.5 } },
  events: { cpu: 5, wait: 2, replicas: 2, memory: 340, calls: { 'events-db': 1.3, media: 0.6 } },
  media: { cpu: 3, wait: 8, replicas: 2, memory: 420, optional: true, calls: {} },
  seatmap: { cpu: 9, wait: 2, replicas: 3, memory: 480, calls: { inventory: 1, venues: 0.4 } },
  venues: { cpu: 4, wait: 2, replicas: 2, memory: 260, calls: { 'events-db': 0.5 } },
  inventory: { cpu: 5, wait: 2, replicas: 3, memory: 390, calls: { holds: 1, 'inventory-db': 1.5 } },
  holds: { cpu: 3, wait: 1, replicas: 2, memory: 210, calls: { 'holds-cache': 2 } },
  basket: {
    cpu: 5,
    wait: 3,
    replicas: 3,
    memory: 330,
    calls: { inventory: 0.8, fares: 1, promotions: 0.6, orders: 0.5 },
  },
  fares: { cpu: 6, wait: 2, replicas: 2, memory: 280, calls: { 'fares-db': 1.1, fees: 0.7 } },
  fees: { cpu: 4, wait: 1, replicas: 2, memory: 170, calls: {} },
  promotions: { cpu: 3, wait: 4, replicas: 2, memory: 200, optional: true, calls: { 'fares-db': 0.5 } },
  orders: {
    cpu: 6,
    wait: 4,
    replicas: 3,
    memory: 450,
    calls: { charging: 0.9, 'orders-db': 2, mailer: 0.7 },
  },
  charging: { cpu: 4, wait: 5, replicas: 2, memory: 300, calls: { acquirer: 0.9, fraud: 0.9 } },
  fraud: { cpu: 4, wait: 2, replicas: 2, memory: 310, calls: { 'fraud-model': 1 } },
  'fraud-model': { cpu: 14, wait: 1, replicas: 2, memory: 900, calls: {} },
  acquirer: { cpu: 2, wait: 70, replicas: 2, memory: 150, calls: {} },
  wallet: { cpu: 4, wait: 3, replicas: 2, memory: 260, calls: { 'orders-db': 0.8, barcode: 1 } },
  barcode: { cpu: 11, wait: 1, replicas: 2, memory: 240, calls: {} },
  mailer: { cpu: 3, wait: 15, replicas: 2, memory: 180, optional: true, calls: {} },
  'search-index': { cpu: 2.5, wait: 2, replicas: 1, memory: 1500, store: 'postgres', calls: {} },
  'events-db': { cpu: 1.5, wait: 1.5, replicas: 1, memory: 1100, store: 'postgres', calls: {} },
  'inventory-db': { cpu: 1.4, wait: 1.5, replicas: 1, memory: 1300, store: 'postgres', calls: {} },
  'fares-db': { cpu: 1.5, wait: 1, replicas: 1, memory: 800, store: 'postgres', calls: {} },
  'orders-db': { cpu: 2, wait: 2, replicas: 1, memory: 1200, store: 'postgres', calls: {} },
  'holds-cache': { cpu: 0.3, wait: 0.3, replicas: 1, memory: 400, store: 'redis', calls: {} },
  sessions: { cpu: 0.4, wait: 0.3, replicas: 1, memory: 350, store: 'redis', calls: {} },
}
const causes = [
  'seatmap',
  'fares',
  'charging',
  'search',
  'inventory',
  'fees',
  'fraud-model',
  'auth',
  'orders',
  'events',
  'holds',
  'basket',
  'orders-db',
  'inventory-db',
  'acquirer',
  'fraud',
  'wallet',
]
const watched = ['web', 'app-gateway', 'partner-api', 'basket', 'seatmap', 'orders']

/** Seen as a tracing service shows it: a sample of the requests, in statistics of five minutes, and nothing else. */
export const boxOffice = () => ({
  ...simulated({ services, causes, watched, view: sampledTraces }, { seed: 20_260_303, cases: 20 }),
  name: 'Box office (simulated), sampled traces, held out',
  promised: { top1: 0.7, top3: 0.9 },
})
