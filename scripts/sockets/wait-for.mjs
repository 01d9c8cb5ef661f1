/** Looks for texts in what comes over a connection, piece by piece. */
export function waitFor(connection) {
  let seen = ''
  let waiting = null
  const look = () => {
    if (waiting === null || !seen.includes(waiting.text)) return
    waiting.resolve(performance.now())
    waiting = null
  }
  return {
    take: (text) => {
      seen += text
      look()
    },
    forget: () => {
      seen = ''
    },
    /** The time (ms) at which this text has come. */
    got: (text) =>
      new Promise((resolve, reject) => {
        waiting = { text, resolve }
        connection.once('close', () => reject(new Error('a connection ended')))
        look()
      }),
  }
}
