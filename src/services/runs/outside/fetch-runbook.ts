import * as z from 'zod'
import { visit } from '../../../connectors/public-web'
import { tool, type Tool } from '../../../agent/tools/tool'
import type { Ports } from '../../connectors/ports'
import { address, denied, failedWith, rulesOf, told } from './outcome'
import { readable } from './readable'

const MAX_BYTES = 64 * 1024
const ALERTS = 500

/** The runbook that an alert of this incident links to, as text. */
export const fetchRunbook = (ports: Ports): Tool =>
  tool({
    name: 'fetch_runbook',
    description:
      'The text of the runbook that an alert of this incident links to as its runbookUrl, at most 64 KiB; no other address.',
    access: 'read',
    input: z.strictObject({
      url: address,
    }),
    run: async ({ url }, { reads }) => {
      const alerts = await reads.alerts(ALERTS)
      if (!alerts.some(({ runbookUrl }) => runbookUrl === url))
        return denied('No alert of this incident has this runbook')
      const seen = await visit(rulesOf(ports), url, {
        accept: 'text/markdown, text/plain, text/html;q=0.9, text/*;q=0.5',
        maxBytes: MAX_BYTES,
      })
      if (seen.kind === 'unanswered') return failedWith({ kind: 'unreachable' })
      if (seen.kind !== 'ok') return failedWith(seen)
      const { status, headers, text, cut } = seen.value
      if (status === 404 || status === 410) return failedWith({ kind: 'no_resources' })
      if (status === 401 || status === 403) return failedWith({ kind: 'insufficient_permission' })
      if (status > 299) return failedWith({ kind: 'vendor_error' })
      const runbook = readable(text, headers.get('content-type') ?? '')
      if (runbook === '') return { status: 'empty', output: { url, text: '' }, trust: 'normal' }
      return told({ url, text: runbook, cut })
    },
  })
