/** Our client over `Http2Client`: by its own policy, with next to no jitter. */
import {
  AccessToken,
  Fcm,
  Gcm,
  Message,
  Messaging,
  type Outcome,
  RetryPolicy,
  type SendError,
  ServiceAccount
} from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import { Http2Client } from "@cloud-messaging/node"
import { Effect, Layer, Redacted } from "effect"
import { Google } from "../utils/sdk.ts"
import type { Question } from "./scenarios.ts"

const retryPolicy = RetryPolicy.make({ base: "1 milli" })

const http2 = Layer.unwrap(Effect.map(Google, ({ ca }) => Http2Client.layer({ ca: [ca], proxy: Redacted.make("") })))
  .pipe(Layer.orDie)

const serviceAccount = (clientEmail: string) =>
  Layer.unwrap(
    Effect.map(
      Google,
      ({ host }) => ServiceAccount.layer({ ...Emulator.serviceAccount, clientEmail, tokenUrl: `https://${host}/token` })
    )
  )

const fcm = (projectId: string) =>
  Layer.unwrap(Effect.map(Google, ({ host }) => Fcm.layer({ projectId, url: `https://${host}`, retryPolicy }))).pipe(
    Layer.provide(serviceAccount(Emulator.serviceAccount.clientEmail)),
    Layer.provide(http2)
  )

const gcm = (project: string) =>
  Layer.unwrap(
    Effect.map(Google, ({ host }) =>
      Gcm.layer({ apiKey: Redacted.make(`emulator:${project}`), url: `https://${host}/fcm/send`, retryPolicy }))
  ).pipe(Layer.provide(http2))

const codeOf = (result: Outcome.Outcome | SendError.SendError): string => {
  switch (result._tag) {
    case "Success":
      return "accepted"
    case "NotRegistered":
    case "Unknown":
      return result._tag
    case "Failed":
    case "Unavailable":
      return `${result._tag}: ${result.code}`
    default:
      return `${result._tag}: ${result.reason._tag}`
  }
}

const send = ({ data, recipients }: Question) =>
  Messaging.send(Message.make({ data }), recipients).pipe(
    Effect.match({ onSuccess: ({ outcomes }) => outcomes.map(codeOf).join(", "), onFailure: codeOf })
  )

export const sendByFcm = (question: Question) => Effect.provide(send(question), fcm(question.project))

export const sendByGcm = (question: Question) => Effect.provide(send(question), gcm(question.project))

export const getToken = ({ email }: { readonly email: string }) =>
  AccessToken.AccessToken.use(({ get }) => get).pipe(
    Effect.match({ onSuccess: () => "a token", onFailure: ({ reason }) => reason._tag }),
    Effect.provide(Layer.provide(serviceAccount(email), http2))
  )
