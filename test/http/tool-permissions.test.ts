import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { readingPorts } from '../../src/services/connectors/ports'
import { toolboxOf } from '../../src/services/runs/connected-tools'
import { openTenant } from '../../src/store/tenant-db'
import { anOrg, type Org } from '../support/org'
import { seedResources } from '../support/resources'

const PATH = '/api/org/tool-permissions'
const toolbox = ({ orgId }: Org) => toolboxOf(openTenant(env.DB, orgId), readingPorts(env, env))
const context = { reads: Object(null), now: 0, evidence: [], given: [] }

describe('tools', () => {
  it('are listed with where they come from and whether they are on', async ({ expect }) => {
    const org = await anOrg()
    await seedResources(org)
    const { body } = await (await org.member('viewer')).get(PATH)
    const of = (connector: string, name: string) =>
      body.tools_by_connector[connector].find(({ tool_key }: { tool_key: string }) => tool_key === name)
    expect(of('own', 'alert_timeline')).toMatchObject({ can_disable: false, enabled: true, tier: 'read' })
    expect(of('public', 'http_probe')).toMatchObject({ label: 'Http probe', can_disable: true })
    expect(of('github', 'github_list_commits')).toMatchObject({ enabled: true, updated_by: null })
    expect(of('github', 'github_open_pull_request')).toMatchObject({ connector: 'github', tier: 'write' })
    expect(Object.keys(body.tools_by_connector)).not.toContain('slack')
  })

  it('that are switched off are neither offered nor run, until they are on again', async ({ expect }) => {
    const org = await anOrg()
    await seedResources(org)
    for (const tool of ['github_list_commits', 'http_probe']) {
      expect((await toolbox(org)).names).toContain(tool)
      const off = await org.put(`${PATH}/${tool}`, { enabled: false })
      expect([off.status, off.body]).toMatchObject([
        200,
        { tool_key: tool, enabled: false, updated_by: org.userId },
      ])
      const without = await toolbox(org)
      expect(without.names).not.toContain(tool)
      expect(Object.keys(without.offered([tool, 'alert_timeline']))).toEqual(['alert_timeline'])
      expect(await without.run(tool, {}, context)).toMatchObject({ kind: 'refused', code: 'policy_denied' })
      await org.put(`${PATH}/${tool}`, { enabled: true })
      expect((await toolbox(org)).names).toContain(tool)
    }
    const { body } = await org.get('/api/audit-log?event=tool_permission.update')
    expect(body.entries).toHaveLength(4)
    expect(body.entries[3]).toMatchObject({
      subject: 'github_list_commits',
      before: { enabled: true },
      after: { enabled: false },
    })
  })

  it('can be switched by admins only, and those that read our own rows by nobody', async ({ expect }) => {
    const org = await anOrg()
    const editor = await org.member('editor')
    expect((await editor.put(`${PATH}/http_probe`, { enabled: false })).status).toBe(403)
    const own = await org.put(`${PATH}/alert_timeline`, { enabled: false })
    expect([own.status, own.body.error]).toEqual([400, 'This tool is always available'])
    const unknown = await org.put(`${PATH}/github_list_commits`, { enabled: false })
    expect([unknown.status, unknown.body.error]).toEqual([404, 'Tool not found'])
    expect((await org.put(`${PATH}/http_probe`, {})).body.error).toBe('Invalid enabled')
  })
})
