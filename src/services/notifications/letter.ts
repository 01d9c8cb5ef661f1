/** A message in the form that each kind of receiver wants. */
import type { VendorInit } from '../../connectors/egress'
import type { Hosts } from '../../connectors/address'
import { iso } from '../../lib/time'
import type { Access } from './access'
import type { Message } from './message'
import { signedHeaders } from './sign'

/** One request, and where it may lead. */
interface Letter {
  readonly url: string
  readonly hosts: Hosts
  readonly init: VendorInit
}

export const SLACK_HOSTS: Hosts = ['hooks.slack.com', 'hooks.slack-gov.com']
export const GOOGLE_CHAT_HOSTS: Hosts = ['chat.googleapis.com']
const MAIL_HOME = { resend: 'https://api.resend.com', postmark: 'https://api.postmarkapp.com' } as const
const JSON_TYPE = { 'content-type': 'application/json' } as const
/** Both chats show about four thousand characters. */
const LONGEST = 3900

interface Envelope {
  readonly from: string
  readonly to: readonly string[]
}

/**
 * @param at when it is sent, ms
 * @param envelope of an e-mail
 */
export async function letterOf(
  access: Access,
  message: Message,
  at: number,
  envelope: Envelope,
): Promise<Letter> {
  switch (access.kind) {
    case 'slack':
      return post(access.url, SLACK_HOSTS, {
        text: chatText(message, escapeSlack, (url) => `<${url}|Open in Aurora>`),
        unfurl_links: false,
        unfurl_media: false,
      })
    case 'google_chat':
      return post(access.url, GOOGLE_CHAT_HOSTS, {
        text: chatText(message, escapeGoogle, (url) => `<${url}|Open in Aurora>`),
      })
    case 'webhook': {
      const body = JSON.stringify({ type: message.type, timestamp: iso(message.at), data: message.data })
      const secrets = [
        access.secret,
        ...(access.previous !== null && access.previous.until > at ? [access.previous.secret] : []),
      ]
      const headers = await signedHeaders(secrets, message.id, at, body)
      return {
        url: access.url,
        hosts: 'self_hosted',
        init: { method: 'POST', body, headers: { ...JSON_TYPE, ...headers } },
      }
    }
    case 'email':
      return mail(access, message, envelope)
  }
}

function mail(access: Access & { kind: 'email' }, message: Message, { from, to }: Envelope): Letter {
  const { provider, endpoint, apiKey } = access
  const home = endpoint ?? MAIL_HOME[provider]
  const hosts: Hosts = endpoint === null ? [new URL(home).hostname] : 'self_hosted'
  const text = [message.headline, '', ...message.lines, '', message.url, ''].join('\n')
  const subject = message.headline.slice(0, 200)
  return provider === 'resend'
    ? post(
        `${home}/emails`,
        hosts,
        { from, to, subject, text },
        {
          authorization: `Bearer ${apiKey}`,
          'idempotency-key': message.id,
        },
      )
    : post(
        `${home}/email`,
        hosts,
        { From: from, To: to.join(', '), Subject: subject, TextBody: text, MessageStream: 'outbound' },
        { 'x-postmark-server-token': apiKey, accept: 'application/json' },
      )
}

const post = (
  url: string,
  hosts: Hosts,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Letter => ({
  url,
  hosts,
  init: { method: 'POST', body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } },
})

/** The link always fits: what is too long is cut before it. */
function chatText(
  { headline, lines, url }: Message,
  escape: (text: string) => string,
  link: (url: string) => string,
): string {
  const end = `\n${link(url)}`
  const text = [`*${escape(headline)}*`, ...lines.map(escape)].join('\n')
  return (text.length + end.length <= LONGEST ? text : `${text.slice(0, LONGEST - end.length - 2)} …`) + end
}

/** Slack's three control characters: no alert can mention a channel or hide a link. */
const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Google Chat has no escapes: the brackets of its links and mentions become lookalikes. */
const escapeGoogle = (text: string): string => text.replaceAll('<', '‹').replaceAll('>', '›')
