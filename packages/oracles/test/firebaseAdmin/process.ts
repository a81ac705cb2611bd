/** firebase-admin as it is. */
import { initializeApp } from "firebase-admin/app"
import { getMessaging, type Message } from "firebase-admin/messaging"
import { answer } from "../utils/answering.ts"

interface Question {
  /** `send` goes through HTTP/1.1, `sendEach` through HTTP/2. */
  readonly method: "send" | "sendEach"
  readonly message: Message
  readonly dryRun: boolean | undefined
}

const messaging = getMessaging(initializeApp({
  projectId: "my-project",
  credential: { getAccessToken: () => Promise.resolve({ access_token: "access-token-1", expires_in: 3600 }) }
}))

answer(async ({ dryRun, message, method }: Question) => {
  if (method === "send") return messaging.send(message, dryRun)
  const { responses: [response] } = await messaging.sendEach([message], dryRun)
  if (response?.error !== undefined) throw new Error(response.error.message)
  return response?.messageId ?? ""
})
