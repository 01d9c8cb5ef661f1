/** A big case for measuring: fifty services in five layers, all of them with metrics, logs and a change. */

import type { Metrics, Scenario } from './scenario'

const LAYERS = 5
const WIDTH = 10

const nameOf = (layer: number, place: number): string => `layer${layer}-service${place}`
const places = Array.from({ length: WIDTH }, (_, place) => place)
const layers = Array.from({ length: LAYERS }, (_, layer) => layer)
const services = layers.flatMap((layer) =>
  places.map((place) => ({ layer, place, name: nameOf(layer, place) })),
)

/** Each calls two of the next layer; trouble of the last one comes up along the first of the two. */
const calls = services
  .filter(({ layer }) => layer < LAYERS - 1)
  .flatMap(({ layer, place, name }) =>
    [place, (place + 3) % WIDTH].map((next) => `${name} > ${nameOf(layer + 1, next)}`),
  )

function metricsOf(layer: number, place: number): Metrics {
  const at = -60 * (layer + 1)
  const hurt = place === 0
  return {
    error_ratio: { usual: 0.003, ...(hurt && { moves: [[at, 0.3]] }) },
    latency_p95: { usual: 0.1, ...(hurt && { moves: [[at, 1]] }) },
    request_rate: { usual: 100 },
    cpu: { usual: 2, noise: 0.1 },
    memory: { usual: 4e8, noise: 0.02 },
    restarts: { usual: 0 },
  }
}

export const fiftyServices: Scenario = {
  name: 'fifty services',
  story: 'One service of the last layer fails, and a line of callers with it.',
  cause: nameOf(LAYERS - 1, 0),
  alerts: layers.map((layer) => ({ service: nameOf(layer, 0), title: 'HighErrorRate', at: layer * 20 })),
  calls,
  changes: services.map(({ name }, index) => ({ service: name, at: -1000 - index * 100 })),
  metrics: Object.fromEntries(services.map(({ layer, place, name }) => [name, metricsOf(layer, place)])),
  logs: Object.fromEntries(
    services.map(({ place, name }) => [
      name,
      places.map(
        (line) => [`ERROR line ${String.fromCodePoint(97 + line)} failed`, place === 0 ? 90 : 3, 3] as const,
      ),
    ]),
  ),
}
