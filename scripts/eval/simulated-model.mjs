// Requests through a call graph, averaged over a few seconds at a time: load goes down the graph, time and failures come up.

/** Milliseconds of processor that a replica may use in a second. */
const LIMIT_MS = 400
/** Seconds that a replica takes to come back, and to be as fast as before. */
const RESTART = 45
const WARMING = 75
/** A caller waits this long for an answer, and asks this often again. */
const TIMEOUT = 1500
const RETRIES = 1
const LONGEST = 8000

/** A number around 1 with this relative spread. */
export const about = (random, spread) => Math.exp(spread * gaussian(random))

export const gaussian = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/**
 * @returns {{ states: { time: number, of: Record<string, object> }[], broken: number }} what every service did at each time
 */
export function simulate({ services, cause, fault, strength, random, step, before, after }) {
  const names = Object.keys(services)
  const order = inOrderOfCalls(services)
  const broken = before
  const each = (value) => Object.fromEntries(names.map((name) => [name, value(services[name])]))
  const world = {
    services,
    random,
    step,
    memory: each(({ memory }) => memory),
    /** The last loss of replicas: how many, and when. */
    loss: each(() => ({ replicas: 0, at: -Infinity })),
    restarts: each(() => 0),
    lastFailed: each(() => 0),
    decoy: decoyOf(names, cause, random, before),
    rhythm: random() * 2 * Math.PI,
  }
  const states = []
  for (let time = 0; time <= before + after; time += step) {
    const hurt = time >= broken ? hurtBy({ fault, strength, cause, time, seconds: time - broken }, world) : {}
    const load = loadOf(order, world, time)
    states.push({ time, of: answersOf(order, world, load, time, cause, hurt) })
  }
  return { states, broken }
}

/** Callers before what they call. */
function inOrderOfCalls(services) {
  const order = []
  const visit = (name) => {
    if (order.includes(name)) return
    for (const callee of Object.keys(services[name].calls)) visit(callee)
    order.push(name)
  }
  for (const name of Object.keys(services)) visit(name)
  return order.toReversed()
}

/** Something harmless that happens elsewhere around the same time: a batch job, or a deployment that restarts a replica. */
function decoyOf(names, cause, random, before) {
  const others = names.filter((name) => name !== cause)
  return {
    service: others[Math.floor(random() * others.length)],
    from: before + (random() * 30 - 22) * 60,
    seconds: (3 + random() * 9) * 60,
    cores: 0.05 + random() * 0.15,
    restarts: random() < 0.3,
  }
}

/** What the fault does at this time: to processor, memory, waiting, network or replicas. */
function hurtBy({ fault, strength, cause, time, seconds }, world) {
  const { wait, cpu, memory, replicas } = world.services[cause]
  // Nothing breaks from one moment to the next.
  const growth = Math.min(1, seconds / 60)
  if (fault === 'cpu hog') return { stolen: growth * Math.min(0.97, 0.75 + 0.15 * strength) }
  if (fault === 'latency')
    return { wait: growth * (wait + cpu) * (4 + 14 * strength) + growth * 40 * strength }
  if (fault === 'packet loss') return { lost: growth * (0.08 + 0.17 * strength) }
  if (fault === 'memory leak') world.memory[cause] += (memory * (0.6 + strength) * world.step) / 600
  // Every minute replicas are killed.
  else if (seconds % 60 === 0)
    lose(world, cause, Math.ceil(replicas * Math.min(1, 0.4 + 0.5 * strength)), time)
  return {}
}

function lose(world, name, replicas, time) {
  world.loss[name] = { replicas, at: time }
  world.restarts[name] += replicas
}

/** Requests a second that reach each service. */
function loadOf(order, { services, random, rhythm, lastFailed }, time) {
  const load = Object.fromEntries(order.map((name) => [name, 0]))
  const season = 1 + 0.15 * Math.sin(rhythm + time / 2400)
  for (const name of order) {
    load[name] += (services[name].requests ?? 0) * season * about(random, 0.05)
    for (const [callee, calls] of Object.entries(services[name].calls))
      load[callee] += load[name] * calls * (1 + RETRIES * lastFailed[callee])
  }
  return load
}

function answersOf(order, world, load, time, cause, hurt) {
  const of = {}
  for (const name of order.toReversed())
    of[name] = answerOf(name, of, world, load[name], time, name === cause ? hurt : {})
  for (const name of order) world.lastFailed[name] = of[name].failed
  return of
}

/** How one service answers, given how those that it calls do. */
function answerOf(name, of, world, load, time, hurt) {
  const { services, random, decoy, memory, loss, restarts } = world
  const { cpu, wait, replicas, calls, memory: usual } = services[name]
  const batch = decoy.service === name && time >= decoy.from && time < decoy.from + decoy.seconds
  if (batch && decoy.restarts && time - decoy.from < world.step) restarts[name]++
  // Near its limit a heap is collected again and again; at the limit the kernel kills.
  const limit = usual * 2
  const pressure = Math.max(0, memory[name] / limit - 0.75) * 4
  if (memory[name] > limit) {
    memory[name] = usual
    lose(world, name, replicas, time)
  }
  const back = memory[name] > usual * 1.3 ? 0 : (usual - memory[name]) * 0.02
  memory[name] += gaussian(random) * usual * 0.004 + back
  const since = time - loss[name].at
  const missing = since < RESTART ? loss[name].replicas : 0
  const alive = replicas - missing
  const warming = since >= RESTART && since < RESTART + WARMING ? loss[name].replicas / replicas : 0
  const capacity = alive * (1 - (hurt.stolen ?? 0)) * LIMIT_MS
  const slower = (1 + 6 * pressure ** 2) * (1 + 2 * warming)
  const asked = load * cpu * slower * about(random, 0.06)
  const busy = capacity === 0 ? 1 : asked / capacity
  const queueing = 1 / (1 - Math.min(busy, 0.97)) + Math.max(0, busy - 0.97) * 60
  // What arrives while nobody is there, what is shed, and a little that always fails.
  const refused = alive === 0 ? 0.97 : (missing / replicas) * 0.2
  const shed = busy > 1.2 ? Math.min(0.9, 1 - 1.2 / busy) : 0
  let latency = (cpu * queueing * slower + wait + (hurt.wait ?? 0)) * about(random, 0.08)
  let good = 1 - Math.min(1, 0.0006 * about(random, 0.6) + refused + shed)
  for (const [callee, count] of Object.entries(calls)) {
    const { seen, failed } = asSeen(of[callee], hurt.lost ?? 0)
    latency += count * Math.min(seen, TIMEOUT) * (1 + failed * RETRIES)
    // A failed call to what is optional costs time only.
    if (services[callee].optional !== true) good *= (1 - failed ** (1 + RETRIES)) ** Math.min(1, count)
  }
  return {
    load,
    latency: Math.min(LONGEST, latency),
    failed: 1 - good,
    lost: hurt.lost ?? 0,
    // Processor that is stolen within a container counts as the container's.
    cores: Math.min(
      (alive * LIMIT_MS) / 1000,
      (asked + alive * LIMIT_MS * (hurt.stolen ?? 0) * 1.02) / 1000 + (batch ? decoy.cores * alive : 0),
    ),
    memory: memory[name] * (batch ? 1.08 : 1),
    alive,
    restarts: restarts[name],
  }
}

/** Time and failures of a callee as its caller sees them: lost packets are sent again after a while, some in vain. */
export function asSeen({ latency, failed, lost }, ownLost) {
  const loss = 1 - (1 - lost) * (1 - ownLost)
  const seen = latency + 2 * 220 * (loss / (1 - loss))
  const late = Math.exp(-TIMEOUT / Math.max(1, seen / 1.6)) * (seen > 250 ? 1 : 0)
  return { seen, failed: 1 - (1 - failed) * (1 - late) * (1 - loss ** 2 * 0.6) }
}
