/** The GitHub App: installing it, and the installations of an organisation. */
import { Hono } from 'hono'
import * as z from 'zod'
import { github } from '../../connectors/github'
import { githubApp } from '../../connectors/github/app-login'
import { notFound } from '../../lib/errors'
import {
  beginInstall,
  claimInstallation,
  completeInstall,
  discoverInstallations,
  listInstallations,
  unlinkInstallation,
} from '../../services/connectors/github-app'
import { takeGithubEvent } from '../../services/connectors/github-webhook'
import { installationsAnswer, showInstallations } from '../answers/connector-github'
import { endpoint, SMALL } from '../connector-endpoint'
import type { App, AppContext } from '../env'
import { countCallback } from '../middleware/attempts'
import { connectorPorts } from '../middleware/tenant'
import { bindBrowser, browserOf } from '../oauth-browser'
import { beginOriginal, windowAfter } from '../original-login'

const BASE = '/github/app'
const done = z.object({ success: z.literal(true), installation_id: z.int() })

export const connectorGithubApp = new Hono<App>()
  .get(
    `${BASE}/install`,
    endpoint({
      summary: "Begin an installation of GitHub's App",
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      answers: { 200: z.object({ install_url: z.url() }) },
      errors: ['provider_not_configured'],
    }),
    async (c) => {
      const login = await beginInstall(c.var.ctx, connectorPorts(c), {
        style: 'original',
        redirectAfter: null,
      })
      bindBrowser(c, login)
      return c.json({ install_url: login.authorizationUrl })
    },
  )
  .get(
    `${BASE}/install/callback`,
    endpoint({
      summary: 'Where GitHub sends the browser after an installation',
      who: 'public',
      bucket: null,
      answers: { 200: null, 302: null },
      asText: 'text/html',
      errors: ['rate_limited'],
    }),
    async (c) => {
      await countCallback(c)
      const given = (name: string): string | null => c.req.query(name) || null
      const result = await completeInstall(
        connectorPorts(c),
        { code: given('code'), state: given('state'), error: given('error'), issuer: null },
        numberOf(c.req.query('installation_id') ?? ''),
        browserOf(c),
        c.var.now,
      )
      return windowAfter(c, github, result)
    },
  )
  .get(
    `${BASE}/installations`,
    endpoint({
      summary: 'Installations that belong to the organisation',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: installationsAnswer },
    }),
    async (c) => c.json(showInstallations(await listInstallations(c.var.ctx))),
  )
  .get(
    `${BASE}/discover-installations`,
    endpoint({
      summary: 'Installations that the caller showed to be theirs and nobody has linked',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: installationsAnswer },
      errors: ['ownership_unproved'],
    }),
    async (c) =>
      c.json(showInstallations(await discoverInstallations(c.var.ctx, connectorPorts(c), () => showOwn(c)))),
  )
  .post(
    `${BASE}/installations/:installation/claim`,
    endpoint({
      summary: 'Link an installation that the caller showed to be theirs',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: done },
      errors: [
        'ownership_unproved',
        'cross_org_claim_refused',
        'not_found',
        'conflict',
        'insufficient_permission',
        'vendor_rate_limited',
        'upstream_error',
        'provider_not_configured',
      ],
    }),
    async (c) => {
      const id = installationOf(c, 'installation')
      await claimInstallation(c.var.ctx, connectorPorts(c), id, () => showOwn(c))
      return c.json({ success: true as const, installation_id: id })
    },
  )
  .delete(
    `${BASE}/installations/:id`,
    endpoint({
      summary: 'Unlink an installation; at GitHub it stays',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: done },
      errors: ['not_found'],
    }),
    async (c) => {
      const id = installationOf(c, 'id')
      await unlinkInstallation(c.var.ctx, connectorPorts(c), id)
      return c.json({ success: true as const, installation_id: id })
    },
  )
  .post(
    `${BASE}/webhook`,
    endpoint({
      summary: 'Receive what GitHub tells about installations',
      who: 'public',
      bucket: null,
      anyContentType: true,
      answers: { 200: z.object({}) },
      errors: ['invalid_json', 'invalid_token', 'payload_too_large', 'provider_not_configured'],
    }),
    async (c) => {
      const header = (name: string): string => c.req.header(name) ?? ''
      await takeGithubEvent(
        connectorPorts(c),
        {
          bytes: c.var.bytes ?? new Uint8Array(),
          signature: header('x-hub-signature-256'),
          event: header('x-github-event'),
          deliveryId: header('x-github-delivery').slice(0, 100),
        },
        c.var.now,
      )
      return c.json({})
    },
  )

/** Begins the login that shows which installations are the caller's. */
const showOwn = (c: AppContext): Promise<string> => beginOriginal(c, githubApp)

const numberOf = (text: string): number | null => (/^\d{1,15}$/.test(text) ? Number(text) : null)

/** @throws AppError not_found for what is no number of GitHub's */
function installationOf(c: AppContext, name: string): number {
  const id = numberOf(c.req.param(name) ?? '')
  if (id === null) throw notFound('Installation link not found')
  return id
}
