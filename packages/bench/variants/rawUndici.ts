/** undici and nothing else, over HTTP/1.1, which suits few large requests: the limit for GCM. */
import { Agent, request } from "@effect/platform-node/Undici"
import { measure } from "../process/measure.ts"
import { slicesOf } from "../process/slices.ts"
import { message } from "../process/work.ts"

interface Answer {
  readonly results: ReadonlyArray<{ readonly message_id?: string }>
}

await measure(({ inFlight, origin, sessions }) => {
  const dispatcher = new Agent({ connections: sessions, allowH2: false })
  const headers = { authorization: "key=key", "content-type": "application/json" }
  return async (tokens) => {
    const slices = slicesOf(tokens, 1000)
    let accepted = 0
    const work = async () => {
      for (const slice of slices) {
        const { body, statusCode } = await request(`${origin}/fcm/send`, {
          dispatcher,
          method: "POST",
          headers,
          body: JSON.stringify({ ...message, registration_ids: slice })
        })
        const text = await body.text()
        if (statusCode !== 200) throw new Error(text)
        const { results }: Answer = JSON.parse(text)
        accepted += results.filter(({ message_id }) => message_id !== undefined).length
      }
    }
    await Promise.all(Array.from({ length: inFlight }, work))
    return accepted
  }
})
