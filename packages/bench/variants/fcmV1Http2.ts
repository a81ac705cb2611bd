/** fcm-v1-http2's `sendMulticast`, with its 10 connections, which it opens anew each time. */
import "@cloud-messaging/emulator/preload"
import { registerHooks } from "node:module"
import { measure } from "../process/measure.ts"
import { message } from "../process/work.ts"

// all that it takes of Google's library is an access token
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "googleapis"
      ? { url: new URL("../process/googleapis.ts", import.meta.url).href, shortCircuit: true }
      : next(specifier, context)
})

await measure(async ({ project }) => {
  const { default: FcmV1Http2 } = await import("fcm-v1-http2")
  const client = new FcmV1Http2({ serviceAccount: { project_id: project } })
  return async (tokens) => {
    const all = [...tokens]
    const unregistered = await client.sendMulticast(message, all)
    return all.length - unregistered.length
  }
})
