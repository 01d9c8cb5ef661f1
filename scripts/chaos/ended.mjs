/** Ends an answer, and waits until it is out, or whoever asked is gone. */
export const ended = (response, text) =>
  new Promise((resolve) => {
    if (response.destroyed) resolve()
    response.once('close', resolve)
    response.end(text, resolve)
  })
