import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { commandProblem } from '../../src/connectors/kubernetes/command-policy'
import { usageOf, usageOfTable } from '../../src/connectors/kubernetes/usage'

describe('a command for an agent', () => {
  it('may read', ({ expect }) => {
    for (const command of [
      'get pods -n shop -l app=checkout,tier!=cache -o json',
      'get deployments/checkout -n shop -o yaml',
      'get pods,services -A',
      'get events --field-selector=type!=Normal --sort-by=.lastTimestamp',
      'describe pod checkout-1 -n shop',
      'logs checkout-1 -n shop -c api --tail=500 --since=30m --previous --timestamps',
      'logs deployment/checkout --tail 20',
      'top pods -n shop --containers --no-headers',
      'top nodes',
      'events -n shop --for pod/checkout-1 --types=Warning',
      'version -o json',
      'api-resources',
      'explain pod.spec',
      'rollout history deployment/checkout -n shop',
      'rollout status deployment/checkout --watch=false',
      'auth can-i list pods -n shop',
    ])
      expect([command, commandProblem(command)]).toEqual([command, null])
  })

  it.for([
    ['kubectl get pods', 'Only commands that read are allowed'],
    ['delete pod x', 'Only commands that read are allowed'],
    ['exec x', 'Only commands that read are allowed'],
    ['constructor x', 'Only commands that read are allowed'],
    ['rollout restart deployment/x', 'Only commands that read are allowed'],
    ['auth reconcile', 'Only commands that read are allowed'],
    ['top secrets', 'Secrets are never read'],
    ['get secrets', 'Secrets are never read'],
    ['get secret/x -o yaml', 'Secrets are never read'],
    ['get SECRETS', 'Secrets are never read'],
    ['get pods,secrets -A', 'Secrets are never read'],
    ['get secrets.v1. x', 'Secrets are never read'],
    ['describe secret x', 'Secrets are never read'],
    ['auth can-i get secrets', 'Secrets are never read'],
    ['get --raw=/api/v1/secrets', 'The flag --raw is not allowed'],
    ['get --raw /api', 'The flag --raw is not allowed'],
    ['get pods --kubeconfig=/x', 'The flag --kubeconfig is not allowed'],
    ['get pods --token=x', 'The flag --token is not allowed'],
    ['get pods --server=https://x', 'The flag --server is not allowed'],
    ['get pods -s https://x', 'The flag -s is not allowed'],
    ['get pods --as=admin', 'The flag --as is not allowed'],
    ['get -f /etc/passwd', 'The flag -f is not allowed'],
    ['get --filename=/x', 'The flag --filename is not allowed'],
    ['get pods -w', 'The flag -w is not allowed'],
    ['get pods -o go-template-file=/var/run/token', 'The flag -o is not allowed'],
    ['get pods -ojson', 'The flag -ojson is not allowed'],
    ['get pods -A=true', 'The flag -A is not allowed'],
    ['get pods --v=9', 'The flag --v is not allowed'],
    ['logs x -f --tail=1', 'The flag -f is not allowed'],
    ['logs x', 'logs needs --tail, at most 500'],
    ['logs x --tail=501', 'logs needs --tail, at most 500'],
    ['logs x --tail=-1', 'The flag --tail is not allowed'],
    ['get', 'A command is words without quotes, separated by single spaces'],
    ['get  pods', 'A command is words without quotes, separated by single spaces'],
    ['get pods "a b"', 'A command is words without quotes, separated by single spaces'],
    ['get pods; id', 'A command is words without quotes, separated by single spaces'],
    ['get pods\nid', 'A command is words without quotes, separated by single spaces'],
    ['get ../x', 'A command is words without quotes, separated by single spaces'],
    ['', 'A command is words without quotes, separated by single spaces'],
    [`get pods ${'x'.repeat(1000)}`, 'The command is too long'],
  ] as const)('is refused: %s', ([command, problem], { expect }) => {
    expect(commandProblem(command)).toBe(problem)
  })

  it('never reaches a secret, however its words are arranged', ({ expect }) => {
    const word = fc.constantFrom(
      'secrets',
      'secret',
      'Secret/x',
      'pods',
      '-n',
      'shop',
      '-o',
      'json',
      '-A',
      'pods,secret',
    )
    const command = fc.tuple(
      fc.constantFrom('get', 'describe', 'explain', 'top'),
      fc.array(word, { maxLength: 6 }),
    )
    fc.assert(
      fc.property(command, ([verb, words]) => {
        const text = [verb, ...words].join(' ')
        const values = new Set(
          words.flatMap((one, at) => (words[at - 1]?.startsWith('-') === true ? [one] : [])),
        )
        const asks = words.some((one) => /secret/i.test(one) && !values.has(one))
        expect([text, asks && commandProblem(text) === null]).toEqual([text, false])
      }),
    )
  })
})

describe('usage', () => {
  it('is the same from the API and from a table', ({ expect }) => {
    const rows = [
      { namespace: null, name: 'p1', container: 'api', cpuMillicores: 12, memoryMiB: 64 },
      { namespace: null, name: 'p1', container: 'proxy', cpuMillicores: 1500, memoryMiB: 2048 },
    ]
    expect(usageOfTable('p1 api 12m 64Mi\n\np1   proxy  1500m  2048Mi\n', 'pods', false)).toEqual(rows)
    const answered = usageOf({
      items: [
        {
          metadata: { name: 'p1' },
          containers: [
            { name: 'api', usage: { cpu: '12345678n', memory: '65536Ki' } },
            { name: 'proxy', usage: { cpu: '1.5', memory: '2Gi' } },
          ],
        },
      ],
    })
    expect(answered).toEqual(rows)
  })

  it('of nodes stands beside percentages, and with the namespace where all are meant', ({ expect }) => {
    const node = { namespace: null, name: 'n1', container: null, cpuMillicores: 250, memoryMiB: 1024 }
    expect(usageOfTable('n1 250m 12% 1024Mi 30%', 'nodes', true)).toEqual([node])
    expect(
      usageOf({ items: [{ metadata: { name: 'n1' }, usage: { cpu: '250m', memory: '1048576Ki' } }] }),
    ).toEqual([node])
    expect(usageOfTable('shop p1 api 1m 1Mi\nerror: x', 'pods', true)).toMatchObject([
      { namespace: 'shop', name: 'p1', container: 'api' },
    ])
    expect(usageOf({ message: 'no metrics' })).toEqual([])
  })
})
