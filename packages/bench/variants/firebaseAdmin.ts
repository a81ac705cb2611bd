/** firebase-admin's `sendEach`, which takes 500 messages and opens a connection of its own each time. */
import "@cloud-messaging/emulator/preload"
import { initializeApp } from "firebase-admin/app"
import { getMessaging } from "firebase-admin/messaging"
import { measure } from "../process/measure.ts"
import { slicesOf } from "../process/slices.ts"
import { accessToken, message } from "../process/work.ts"

interface Asked {
  /** Calls in flight. */
  readonly calls: number
}

await measure<Asked>(({ calls, project }) => {
  const messaging = getMessaging(initializeApp({
    projectId: project,
    credential: { getAccessToken: () => Promise.resolve({ access_token: accessToken, expires_in: 3600 }) }
  }))
  return async (tokens) => {
    const slices = slicesOf(tokens, 500)
    let accepted = 0
    const work = async () => {
      for (const slice of slices) {
        const { responses } = await messaging.sendEach(slice.map((token) => ({ ...message, token })))
        accepted += responses.filter(({ messageId }) => messageId !== undefined).length
      }
    }
    await Promise.all(Array.from({ length: calls }, work))
    return accepted
  }
})
