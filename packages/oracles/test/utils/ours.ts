/** Our side, through a real client to the {@link Wire}. */
import { AccessToken, Fcm, Gcm, type Messaging, RetryPolicy } from "@cloud-messaging/client"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Effect, Layer, Redacted } from "effect"
import { Wire } from "./wire.ts"

const accessToken = AccessToken.layer(Effect.succeed({ token: Redacted.make("access-token-1"), expiresIn: 3600 }))

export const layerFcm: Layer.Layer<Messaging.Messaging, never, Wire> = Layer.unwrap(
  Effect.map(Wire, ({ url }) => Fcm.layer({ projectId: "my-project", url, retryPolicy: RetryPolicy.none }))
).pipe(Layer.provide([accessToken, NodeHttpClient.layerUndici]))

export const layerGcm: Layer.Layer<Messaging.Messaging, never, Wire> = Layer.unwrap(
  Effect.map(
    Wire,
    ({ url }) =>
      Gcm.layer({ apiKey: Redacted.make("api-key-1"), url: `${url}/fcm/send`, retryPolicy: RetryPolicy.none })
  )
).pipe(Layer.provide(NodeHttpClient.layerUndici))
