/** What the API says of itself. */
import { Hono } from 'hono'
import * as z from 'zod'
import { endpoint } from '../endpoint'
import type { App } from '../env'
import { openApiDocument } from '../openapi/document'
import { apiPage } from '../openapi/page'

/** The document of this app; it describes itself, too. */
export const apiDocument = (app: Hono<App>) =>
  new Hono<App>()
    .get(
      '/openapi.json',
      endpoint({
        summary: 'This API as an OpenAPI 3.1 document',
        who: 'public',
        bucket: null,
        answers: { 200: z.looseObject({ openapi: z.string() }) },
      }),
      (c) => c.json(openApiDocument(app, c.env.PUBLIC_API_URL ?? new URL(c.req.url).origin)),
    )
    .get(
      '/docs',
      endpoint({
        summary: 'This API as a page',
        who: 'public',
        bucket: null,
        answers: { 200: null },
        asText: 'text/html',
      }),
      (c) => {
        c.header(
          'content-security-policy',
          "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        )
        return c.html(apiPage(app))
      },
    )
