/** The page that a login in a pop-up window ends on: it tells the window that opened it, and closes. No token is on it. */
import type { AppContext } from './env'

/** What the page tells its opener. */
export type LoginNews =
  | { readonly type: `${string}_auth_success`; readonly task_id?: string }
  | { readonly type: `${string}_auth_error`; readonly error: string }

/** @param target the one origin that may hear it */
export function loginPage(c: AppContext, news: LoginNews, target: string): Response {
  const nonce = crypto
    .getRandomValues(new Uint8Array(16))
    .toBase64({ alphabet: 'base64url', omitPadding: true })
  const text = 'error' in news ? news.error : 'Connected. You can close this window.'
  c.header('content-security-policy', `default-src 'none'; script-src 'nonce-${nonce}'`)
  c.header('cache-control', 'no-store')
  return c.html(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Aurora</title><body><p>${escapeHtml(text)}</p><script nonce="${nonce}">if (window.opener) window.opener.postMessage(${inScript(news)}, ${inScript(target)}); window.close()</script></body></html>`,
  )
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '')

/** JSON that cannot end the script element it stands in. */
const inScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', String.raw`\u003c`)
