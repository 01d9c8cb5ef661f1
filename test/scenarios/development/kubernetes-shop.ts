/** A shop of micro-services on Kubernetes, with a service mesh that knows who calls whom. */

import type { Scenario } from '../scenario'

const SHOP = [
  'storefront > catalog',
  'storefront > cart',
  'storefront > search',
  'catalog > pricing',
  'cart > pricing',
  'cart > checkout',
  'checkout > inventory',
  'checkout > payments',
  'storefront > recommendations',
]

export const kubernetesShop: readonly Scenario[] = [
  {
    name: 'bad deployment of a service without alert rules',
    story:
      'A release of pricing divides by zero for bundles. Nobody wrote alerts for pricing; its callers alert. Search was released closer to the alerts and is fine.',
    cause: 'pricing',
    mechanism: 'bad_change',
    alerts: [
      { service: 'storefront', title: 'FrontendErrorBudgetBurn', severity: 'critical' },
      { service: 'catalog', title: 'HighErrorRate', at: 45 },
      { service: 'cart', title: 'HighErrorRate', at: 70 },
    ],
    calls: SHOP,
    changes: [
      { service: 'pricing', at: -420 },
      { service: 'search', at: -150 },
      { service: 'payments', at: -90_000 },
    ],
    metrics: {
      pricing: {
        error_ratio: { usual: 0.002, moves: [[-300, 0.35, 90]] },
        latency_p95: { usual: 0.04 },
        request_rate: { usual: 310 },
      },
      catalog: { error_ratio: { usual: 0.004, moves: [[-240, 0.2, 120]] }, latency_p95: { usual: 0.11 } },
      cart: { error_ratio: { usual: 0.003, moves: [[-210, 0.18, 120]] } },
      storefront: { error_ratio: { usual: 0.005, moves: [[-180, 0.12, 120]] }, latency_p95: { usual: 0.6 } },
      search: { error_ratio: { usual: 0.001 }, latency_p95: { usual: 0.2, noise: 0.1 } },
    },
  },
  {
    name: 'memory leak behind a slow page',
    story:
      'Recommendations leaks memory since its release last week. The kernel kills it every few minutes, and pages wait for it.',
    cause: 'recommendations',
    mechanism: 'out_of_memory',
    alerts: [
      { service: 'storefront', title: 'SlowPages' },
      { service: 'recommendations', title: 'PodRestartingOften', at: 210, severity: 'medium' },
    ],
    calls: SHOP,
    changes: [{ service: 'recommendations', at: -520_000 }],
    metrics: {
      recommendations: {
        memory: { usual: 4.2e8, noise: 0.01, moves: [[-2400, 1.07e9, 2100]] },
        restarts: {
          usual: 0,
          moves: [
            [-180, 1],
            [120, 3],
          ],
        },
        error_ratio: { usual: 0.001, moves: [[-170, 0.3]] },
      },
      storefront: {
        latency_p95: { usual: 0.7, noise: 0.08, moves: [[-90, 2.6, 60]] },
        error_ratio: { usual: 0.004 },
      },
    },
    events: { recommendations: ['Container app was OOMKilled', 'Back-off restarting failed container'] },
  },
  {
    name: 'a batch job takes the CPU of its neighbours',
    story:
      'The nightly report builder has no CPU limit and lands on node-7, where payments and inventory run. Nobody calls it, it calls nobody.',
    cause: 'report-builder',
    mechanism: 'noisy_neighbour',
    alerts: [
      { service: 'payments', title: 'LatencyHigh', host: 'node-7' },
      { service: 'inventory', title: 'LatencyHigh', at: 40, host: 'node-7' },
      { service: 'report-builder', title: 'CPURequestExceeded', at: 55, severity: 'low', host: 'node-7' },
    ],
    calls: SHOP,
    changes: [{ service: 'catalog', at: -900 }],
    metrics: {
      'report-builder': { cpu: { usual: 0.1, noise: 0.2, moves: [[-240, 7.4, 30]] } },
      payments: {
        latency_p95: { usual: 0.12, moves: [[-170, 0.9, 60]] },
        cpu: { usual: 0.8, moves: [[-180, 0.5]] },
        request_rate: { usual: 60 },
      },
      inventory: { latency_p95: { usual: 0.05, moves: [[-150, 0.5, 60]] }, cpu: { usual: 1.1 } },
      checkout: { latency_p95: { usual: 0.3, moves: [[-120, 1.4, 60]] } },
    },
    events: { payments: ['Node node-7 is under CPU pressure, 45 % steal time'] },
  },
  {
    name: 'retries keep a service down after a hiccup',
    story:
      'Inventory paused for half a minute for a garbage collection. Checkout retries five times without waiting, and the retries keep inventory saturated long after.',
    cause: 'inventory',
    mechanism: 'retry_storm',
    alerts: [
      { service: 'checkout', title: 'CheckoutErrors', severity: 'critical' },
      { service: 'inventory', title: 'Saturated', at: 80 },
    ],
    calls: SHOP,
    changes: [{ service: 'storefront', at: -1300 }],
    metrics: {
      inventory: {
        latency_p95: { usual: 0.05, moves: [[-180, 3]] },
        error_ratio: { usual: 0.001, moves: [[-150, 0.6]] },
        request_rate: { usual: 400, moves: [[-90, 1500, 60]] },
        cpu: { usual: 1.2, moves: [[-60, 3.9]] },
      },
      checkout: {
        error_ratio: { usual: 0.002, moves: [[-120, 0.4]] },
        request_rate: { usual: 80 },
        latency_p95: { usual: 0.3, moves: [[-150, 5]] },
      },
      cart: { error_ratio: { usual: 0.003, moves: [[-60, 0.2]] } },
    },
    logs: {
      checkout: [['WARN retry attempt <n>/<n> for inventory.reserve after timeout', 4100, 12]],
      inventory: [['ERROR request deadline exceeded, queue is full', 900, 1]],
    },
  },
  {
    name: 'the resolver of the cluster is overloaded',
    story:
      'CoreDNS runs at its CPU limit. Everything that opens connections fails now and then. A mesh does not see name resolution, so no edge leads to it.',
    cause: 'coredns',
    mechanism: 'dns',
    alerts: [
      { service: 'cart', title: 'HighErrorRate' },
      { service: 'catalog', title: 'HighErrorRate', at: 10 },
      { service: 'checkout', title: 'HighErrorRate', at: 15 },
      { service: 'coredns', title: 'CoreDNSErrorsHigh', at: 100 },
    ],
    calls: SHOP,
    changes: [{ service: 'catalog', at: -4100 }],
    metrics: {
      coredns: {
        cpu: { usual: 0.3, moves: [[-150, 1, 30]] },
        error_ratio: { usual: 0.0005, moves: [[-120, 0.25]] },
        latency_p95: { usual: 0.002, moves: [[-120, 2]] },
      },
      cart: { error_ratio: { usual: 0.003, moves: [[-60, 0.15]] } },
      catalog: { error_ratio: { usual: 0.004, moves: [[-60, 0.11]] } },
      checkout: { error_ratio: { usual: 0.002, moves: [[-30, 0.2]] } },
    },
    logs: {
      cart: [['ERROR getaddrinfo EAI_AGAIN checkout.shop.svc.cluster.local', 210, 0]],
      checkout: [['ERROR getaddrinfo EAI_AGAIN payments.shop.svc.cluster.local', 330, 0]],
      coredns: [['plugin/errors: <n> SERVFAIL upstream read udp i/o timeout', 2400, 3]],
    },
  },
  {
    name: 'a release whose image does not exist',
    story: 'Search was released with a tag that was never pushed. The old pods are gone, the new ones wait.',
    cause: 'search',
    mechanism: 'bad_change',
    alerts: [
      { service: 'search', title: 'DeploymentReplicasUnavailable' },
      { service: 'storefront', title: 'SearchBoxErrors', at: 75 },
    ],
    calls: SHOP,
    changes: [
      { service: 'search', at: -330, result: 'FAILURE' },
      { service: 'recommendations', at: -300 },
    ],
    metrics: { storefront: { error_ratio: { usual: 0.005, moves: [[-30, 0.25]] } } },
    events: { search: ['Failed to pull image: manifest unknown', 'ImagePullBackOff'] },
  },
  {
    name: 'a release that is reported only after its health checks',
    story:
      'The pipeline reports a release of payments when its checks end, 70 seconds after the first customers noticed.',
    cause: 'payments',
    mechanism: 'bad_change',
    alerts: [
      { service: 'payments', title: 'DeclinesAboveNormal', severity: 'critical' },
      { service: 'checkout', title: 'CheckoutErrors', at: 50 },
      { service: 'cart', title: 'HighErrorRate', at: 95 },
    ],
    calls: SHOP,
    changes: [
      { service: 'payments', at: 70 },
      { service: 'inventory', at: -3600 },
    ],
  },
  {
    name: 'a timeout is configured too short',
    story:
      'The timeout of checkout towards payments was set to 50 ms. Payments answers as fast as ever. Cart was released at the same time and is fine.',
    cause: 'checkout',
    mechanism: 'config_change',
    alerts: [{ service: 'checkout', title: 'GatewayTimeouts', severity: 'critical' }],
    calls: SHOP,
    changes: [
      { service: 'checkout', at: -200, kind: 'config' },
      { service: 'cart', at: -180 },
    ],
    metrics: {
      checkout: {
        error_ratio: { usual: 0.002, moves: [[-150, 0.3]] },
        latency_p95: { usual: 0.3, moves: [[-150, 0.08]] },
      },
      payments: { error_ratio: { usual: 0.001 }, latency_p95: { usual: 0.12 }, request_rate: { usual: 60 } },
      inventory: { latency_p95: { usual: 0.05 }, error_ratio: { usual: 0.001 } },
      cart: { error_ratio: { usual: 0.003, moves: [[-90, 0.1]] } },
    },
  },
]
