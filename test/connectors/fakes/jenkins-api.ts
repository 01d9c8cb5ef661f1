/** A controller of Jenkins or CloudBees: what both answer. */
import { json, type Answer, type Fake, type Seen } from './fake'

const CLASSES = ['org.jenkinsci.plugins.workflow.job.WorkflowJob', 'hudson.model.FreeStyleProject']
const COLORS = ['blue', 'red_anime', 'notbuilt', 'chartreuse']

export function aController(id: 'jenkins' | 'cloudbees', extra: readonly object[] = []): Fake {
  const host = `${id}.example.com`
  const [username, token] = ['aurora', `11${id}0123456789abcdef0123456789`]
  const jobs = Array.from({ length: 130 }, (_, index) => ({
    _class: CLASSES[index % 2],
    name: `job-${index + 1}`,
    url: `https://${host}/ci/job/job-${index + 1}/`,
    color: COLORS[index % 4],
  }))
  const good = { baseUrl: `https://${host}/ci/manage/configure`, username, apiToken: token }
  const answer = ({ url, headers, method }: Seen): Answer => {
    // A controller that lets anybody read its front page.
    const front = url.pathname === '/ci/api/json'
    const known = headers.get('authorization') === `Basic ${btoa(`${username}:${token}`)}`
    if (!known && !(front && (url.searchParams.get('tree') ?? '').startsWith('mode')))
      return new Response('<html>', { status: 401 })
    switch (url.pathname) {
      case '/ci/api/json':
        return json({ mode: 'NORMAL', nodeDescription: 'x', jobs: [...jobs, ...extra] }, 200, {
          'x-jenkins': '2.555.1',
        })
      case '/ci/me/api/json':
        return json({ id: username })
      case '/ci/queue/api/json':
        return json({ items: [{ id: 1 }, { id: 2 }] })
      case '/ci/computer/api/json':
        return json({
          totalExecutors: 6,
          busyExecutors: 2,
          computer: [{ offline: false }, { offline: true }, { offline: false }],
        })
      case '/ci/job/team/job/checkout/lastBuild/logText/progressiveText': {
        const log = `${'x'.repeat(5000)}BUILD FAILED`
        const sized = { headers: { 'x-text-size': String(log.length) } }
        if (method === 'HEAD') return new Response(null, sized)
        return new Response(log.slice(Number(url.searchParams.get('start'))), sized)
      }
      default:
        return new Response('<html>', { status: 404 })
    }
  }
  return {
    id,
    hosts: [host],
    form: { good, refused: { ...good, apiToken: 'token-of-somebody-else' } },
    secrets: [token],
    accountId: `https://${host}/ci`,
    resources: {
      first: jobs.slice(0, 100).map(({ name }) => name),
      second: [
        ...jobs.slice(100).map(({ name }) => name),
        ...extra.map((it) => ('name' in it ? String(it.name) : '')),
      ],
    },
    revocation: 'unsupported',
    answer,
  }
}
