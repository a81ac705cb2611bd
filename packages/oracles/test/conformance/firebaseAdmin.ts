/** firebase-admin's `sendEach` as it is: by default over HTTP/2, with `enableLegacyHttpTransport()` over HTTP/1.1. */
import { cert, initializeApp } from "firebase-admin/app"
import { getMessaging } from "firebase-admin/messaging"
import { answer } from "../utils/answering.ts"
import type { Question } from "./scenarios.ts"
import { serviceAccount } from "./serviceAccount.ts"

answer(async ({ data, project, recipients, transport }: Question & { readonly transport: "HTTP/1.1" | "HTTP/2" }) => {
  const messaging = getMessaging(
    initializeApp({ credential: cert({ ...serviceAccount, projectId: project }) }, project)
  )
  if (transport === "HTTP/1.1") messaging.enableLegacyHttpTransport()
  const { responses } = await messaging.sendEach(recipients.map((token) => ({ token, data })))
  return responses.map(({ error }) => error?.code ?? "accepted").join(", ")
})
