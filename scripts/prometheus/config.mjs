import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../lib/wrangler.mjs'

/** What the rule of this script looks at, and what it says about it. */
export const expression = 'checkout_error_ratio > 0.05'
export const rules = {
  groups: [
    {
      name: 'checkout',
      rules: [
        {
          alert: 'CheckoutErrors',
          expr: expression,
          labels: { severity: 'critical', service: 'checkout-api', env: 'production' },
          annotations: {
            summary: 'More than 5 % of the requests fail',
            runbook_url: 'https://runbooks.example.com/checkout',
          },
        },
      ],
    },
  ],
}

/**
 * The README's example configurations, read from the README itself, so that what it says is what runs here.
 * @returns {{ receiver: object, target: object }} the receiver of an Alertmanager, the entry of a Prometheus
 */
export function readmeExamples(text = readFileSync(join(root, 'README.md'), 'utf8')) {
  const blocks = Array.from(text.matchAll(/^```yaml\n(.*?)^```$/gms), ([, block]) => parse(block))
  const receiver = blocks.find(({ receivers }) => receivers)?.receivers[0]
  const target = blocks.find(({ alerting }) => alerting)?.alerting.alertmanagers[0]
  if (receiver === undefined || target === undefined)
    throw new Error('README.md has no example for Alertmanager, or none for Prometheus.')
  return { receiver, target }
}

/** The same with this server and token in the place of the example's, as a person would edit it. */
export function filledIn(example, { url, token }) {
  const { host } = new URL(url)
  const text = JSON.stringify(example)
    .replaceAll('https://aurora.example.com', url)
    .replaceAll('aurora.example.com', host)
    .replaceAll('"scheme":"https"', '"scheme":"http"')
    .replaceAll('<token>', token)
  if (text === JSON.stringify(example))
    throw new Error('The example of README.md names neither server nor token.')
  return JSON.parse(text)
}

/** An Alertmanager that hands every group to each of `receivers` at once. */
export const alertmanagerConfig = (receivers) => ({
  route: {
    receiver: receivers[0].name,
    group_by: ['alertname'],
    group_wait: '0s',
    group_interval: '1s',
    routes: receivers.map(({ name }) => ({ receiver: name, continue: true })),
  },
  receivers,
})

/** A Prometheus that reads the metric at `metrics` every second. */
export const prometheusConfig = ({ metrics, alertmanagers, ruleFile }) => ({
  global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
  rule_files: [ruleFile],
  scrape_configs: [{ job_name: 'checkout', static_configs: [{ targets: [metrics] }] }],
  alerting: { alertmanagers },
})
