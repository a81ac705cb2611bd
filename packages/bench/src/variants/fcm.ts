/** Ours, FCM v1. */
import { AccessToken, Fcm, Message, Messaging } from "@cloud-messaging/client"
import { Http2Client } from "@cloud-messaging/node"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Effect, Layer, ManagedRuntime, Redacted, Stream } from "effect"
import { measure } from "../measure.ts"
import * as Work from "../work.ts"

interface Asked {
  readonly way: "sendStream" | "send" | "sendOne"
  readonly client: "http2" | "undici"
}

const message = Message.make(Work.message)

const ways = {
  sendStream: (tokens: Iterable<string>) =>
    Messaging.sendStream(message, Stream.fromIterable(tokens)).pipe(
      Stream.runFold(() => 0, (accepted, outcome) => outcome._tag === "Success" ? accepted + 1 : accepted)
    ),
  send: (tokens: Iterable<string>) => Effect.map(Messaging.send(message, tokens), (report) => report.success.length),
  sendOne: (tokens: Iterable<string>) =>
    Effect.suspend(() => {
      let accepted = 0
      return Effect.as(
        Effect.forEach(
          tokens,
          (token) => Effect.map(Messaging.send(message, token), (report) => accepted += report.success.length),
          { concurrency: 100, discard: true }
        ),
        accepted
      )
    })
}

await measure<Asked>(({ client, inFlight, origin, project, sessions, way }) => {
  const http = client === "http2" ? Http2Client.layer({ maxSessions: sessions }) : NodeHttpClient.layerUndici
  const token = AccessToken.layer(Effect.succeed({ token: Redacted.make(Work.accessToken), expiresIn: 3600 }))
  const runtime = ManagedRuntime.make(
    Fcm.layer({ projectId: project, url: origin, concurrency: inFlight }).pipe(Layer.provide([token, http]))
  )
  return (tokens) => runtime.runPromise(ways[way](tokens))
})
