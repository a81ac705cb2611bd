/** node-gcm, which knows nothing of 1000 recipients a request: cut by hand. */
import { Message, Sender } from "node-gcm"
import { measure } from "../process/measure.ts"
import { slicesOf } from "../process/slices.ts"
import * as Work from "../process/work.ts"

await measure(({ inFlight, origin }) => {
  const sender = new Sender("key", { uri: `${origin}/fcm/send`, timeout: 15_000 })
  const message = new Message(Work.message)
  const send = (slice: ReadonlyArray<string>) =>
    new Promise<number>((resolve, reject) => {
      sender.send(message, slice, { retries: 5 }, (error, response) => {
        if (response === undefined) reject(error)
        else resolve(response.results.filter(({ message_id }) => message_id !== undefined).length)
      })
    })
  return async (tokens) => {
    const slices = slicesOf(tokens, 1000)
    let accepted = 0
    const work = async () => {
      for (const slice of slices) {
        const more = await send(slice)
        accepted += more
      }
    }
    await Promise.all(Array.from({ length: inFlight }, work))
    return accepted
  }
})
