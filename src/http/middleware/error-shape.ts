import { createMiddleware } from 'hono/factory'
import type { App, ErrorShape } from '../env'

/** Errors of this route look as they do in the product that it emulates. Goes before `endpoint`. */
export const shapedBy = (shape: ErrorShape) =>
  createMiddleware<App>(async (c, next) => {
    c.set('errorShape', shape)
    await next()
  })
