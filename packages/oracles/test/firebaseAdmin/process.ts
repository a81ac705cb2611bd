/**
 * firebase-admin as it is, in a process of its own. It can be told no other host, so its way to the wire is bent: what
 * it writes there is its own.
 */
import { initializeApp } from "firebase-admin/app"
import { getMessaging, type Message } from "firebase-admin/messaging"
import Http2, { type OutgoingHttpHeaders } from "node:http2"
import * as Https from "node:https"
import * as Net from "node:net"

interface Question {
  /** `send` goes through HTTP/1.1, `sendEach` through HTTP/2. */
  readonly method: "send" | "sendEach"
  readonly message: Message
  readonly dryRun: boolean | undefined
}

const { http1 = "", http2 = "" } = Object.fromEntries(new URLSearchParams(process.argv[2]))

// `sendEach` opens a session to fcm.googleapis.com, and asks with the `:scheme` "https:", colon included, which no
// server takes (RFC 9113 section 8.3.1)
const { connect } = Http2
Object.assign(Http2, {
  connect: (_: unknown, options: Http2.SecureClientSessionOptions) => {
    const session = connect(http2, options)
    const request = session.request.bind(session)
    return Object.assign(session, {
      request: (headers: OutgoingHttpHeaders) => request({ ...headers, ":scheme": "http" })
    })
  }
})

// `send` takes its connections from the application's agent
class Agent extends Https.Agent {
  override createConnection = () => Net.connect({ host: "127.0.0.1", port: Number(new URL(http1).port) })
}

const messaging = getMessaging(initializeApp({
  projectId: "my-project",
  credential: { getAccessToken: () => Promise.resolve({ access_token: "access-token-1", expires_in: 3600 }) },
  httpAgent: new Agent()
}))

const ask = async ({ dryRun, message, method }: Question): Promise<string | undefined> => {
  if (method === "send") {
    await messaging.send(message, dryRun)
    return undefined
  }
  const { responses: [response] } = await messaging.sendEach([message], dryRun)
  return response?.error?.message
}

process.on("message", (question: Question) => {
  ask(question).then(
    (error) => process.send?.({ error }),
    (error: unknown) => process.send?.({ error: String(error) })
  )
})
