/** firebase-admin's `sendEach`, which takes 500 messages and opens a connection of its own each time. */
import { initializeApp } from "firebase-admin/app"
import { getMessaging } from "firebase-admin/messaging"
import type { OutgoingHttpHeaders } from "node:http2"
import { divert } from "../process/divert.ts"
import { measure } from "../process/measure.ts"
import { slicesOf } from "../process/slices.ts"
import { accessToken, message } from "../process/work.ts"

interface Asked {
  /** Calls in flight. */
  readonly calls: number
}

await measure<Asked>(({ calls, origin, project }) => {
  divert(origin, (session) => {
    const request = session.request.bind(session)
    // it says "https:", colon included, which no server takes (RFC 9113 section 8.3.1)
    Object.assign(session, {
      request: (headers: OutgoingHttpHeaders) => {
        headers[":scheme"] = "https"
        return request(headers)
      }
    })
  })
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
