import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { api } from '../support/api'
import { anOrg } from '../support/org'
import { routes } from '../support/routes'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Whether the second path has a word where the first one has an id, and the same before it. */
function collides(withId: (typeof routes)[number], fixed: (typeof routes)[number]): boolean {
  const [one, two] = [withId.path.split('/'), fixed.path.split('/')]
  const at = one.findIndex((segment, index) => segment !== two[index])
  const id = one[at]?.slice(1) ?? ''
  return id in (withId.spec?.ids ?? {}) && two[at] !== undefined && !two[at].startsWith(':')
}

const declared = routes.filter(({ spec }) => spec !== null)
/** Fixed paths beside parameters, with the methods that they have. */
const fixed = Map.groupBy(
  declared.filter((route) => declared.some((other) => collides(other, route))),
  ({ path }) => path,
)

describe('a fixed path beside a parameter', () => {
  it('is found in the families that the contract names, among others', ({ expect }) => {
    expect([...fixed.keys()]).toEqual(
      expect.arrayContaining([
        '/api/incidents/stream',
        '/api/incidents/recent-unlinked',
        '/api/incidents/trigger-rca',
        '/api/incidents/suggestions/:suggestion_id',
        '/chat_api/sessions/bulk-delete',
        '/api/invitations/accept',
      ]),
    )
  })

  it.for([...fixed])('%s is never read as an id', async ([path, own], { expect }) => {
    const methods = own.map(({ method }) => method)
    const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
    for (const method of METHODS.filter((one) => !methods.includes(one)))
      for (const end of ['', '/']) {
        const { status, body, headers } = await api().call(method, path.replaceAll(/:\w+/g, newId()) + end)
        expect([method, status, body.code, headers.get('allow')]).toEqual([
          method,
          405,
          'method_not_allowed',
          allow,
        ])
      }
  })

  it('is unknown with the rest of another path, or with none', async ({ expect }) => {
    const org = await anOrg()
    for (const path of [
      '/api/incidents/suggestions',
      '/api/incidents/stream/alerts',
      '/api/incidents/trigger-rca/chat',
      '/chat_api/sessions/bulk-delete/status',
    ]) {
      const { status, body } = await org.get(path)
      expect([path, status, body.code]).toEqual([path, 404, 'not_found'])
    }
    expect((await org.get('/api/incidents/suggestions/alerts')).headers.get('allow')).toBe('PATCH, OPTIONS')
    expect((await org.get('/api/incidents/streams')).body.error).toBe('Invalid incident ID format')
    expect((await org.call('HEAD', '/api/incidents/recent-unlinked')).status).toBe(200)
  })
})
