/** fcm-v1-http2's `sendMulticast` as it is, with googleapis for its access token. */
import FcmV1Http2 from "fcm-v1-http2"
import { answer } from "../utils/answering.ts"
import type { Question } from "./scenarios.ts"
import { serviceAccount } from "./serviceAccount.ts"

/** It fails with the service's error, or with Node's. */
const codeOf = (error: unknown): string => {
  const { code, name, status } = Object(error)
  return String(status ?? code ?? name)
}

answer(async ({ data, project, recipients }: Question) => {
  const { clientEmail: client_email, privateKey: private_key } = serviceAccount
  const client = new FcmV1Http2({ serviceAccount: { project_id: project, client_email, private_key } })
  try {
    const unregistered = await client.sendMulticast({ data }, [...recipients])
    return recipients.map((recipient) => unregistered.includes(recipient) ? "unregistered" : "accepted").join(", ")
  } catch (error) {
    return codeOf(error)
  }
})
