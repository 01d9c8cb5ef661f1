import { sha256Hex } from '../lib/hmac'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const RANDOM_CHARACTERS = 30
/** The largest multiple of the alphabet's size below 256: bytes from here on are drawn again, so that all characters are equally likely. */
const FAIR = 248

const TOKEN = /^aw[0-9A-Za-z]{30}$/

/** A new ingest token: `aw` and 30 random characters (178 bits). Shown once, stored as its hash. */
export function newIngestToken(): string {
  let token = 'aw'
  while (token.length < RANDOM_CHARACTERS + 2) {
    for (const byte of crypto.getRandomValues(new Uint8Array(48)))
      if (byte < FAIR && token.length < RANDOM_CHARACTERS + 2) token += ALPHABET[byte % ALPHABET.length]
  }
  return token
}

export const isIngestToken = (text: string): boolean => TOKEN.test(text)

/** What is stored of a token and looked up by. */
export const hashToken = (token: string): Promise<string> => sha256Hex(token)
