/** Every labelled scenario. Rules are worked on with `development` alone; `heldOut` only counts. */

import { edge } from './development/edge'
import { kubernetesShop } from './development/kubernetes-shop'
import { machineLearning } from './development/machine-learning'
import { monitoring } from './development/monitoring'
import { monolith } from './development/monolith'
import { queues } from './development/queues'
import { dataPlatform } from './held-out/data-platform'
import { mobileBackend } from './held-out/mobile-backend'
import { regions } from './held-out/regions'
import type { Scenario } from './scenario'

export const development: readonly Scenario[] = [
  ...kubernetesShop,
  ...monolith,
  ...queues,
  ...edge,
  ...machineLearning,
  ...monitoring,
]

export const heldOut: readonly Scenario[] = [...mobileBackend, ...dataPlatform, ...regions]
