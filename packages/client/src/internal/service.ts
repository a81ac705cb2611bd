/**
 * The service of a protocol.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type * as Messaging from "../Messaging.ts"
import { layerOf } from "./layer.ts"
import type { Protocol } from "./protocol.ts"
import { publish } from "./publish.ts"
import { withAll } from "./recipients.ts"
import { send } from "./send.ts"
import * as Settings from "./settings.ts"
import { sendEach, sendStream } from "./streams.ts"

/** Makes the service of a protocol. */
export const make = Effect.fnUntraced(function*(
  protocol: Protocol,
  defaults: Messaging.StreamOptions
): Effect.fn.Return<Messaging.Service, never, HttpClient.HttpClient> {
  const layer = yield* layerOf(protocol)
  // what is wrong with an option of the layer is told when the layer is built
  const ofSends = yield* Effect.sync(() => Settings.make({}, defaults, Settings.sendDeadline))
  const settingsOf = (options: Messaging.SendOptions | undefined) =>
    options === undefined ? ofSends : Settings.make(options, defaults, Settings.sendDeadline)
  return {
    send: (message, inputs, options) =>
      withAll(inputs, (recipients) =>
        inSpan(
          "Messaging.send",
          { ...spanOf(protocol), "messaging.batch.message_count": recipients.length },
          (context) => send(layer, settingsOf(options), message, recipients, context)
        )),
    sendStream: (message, recipients, options = {}) =>
      Stream.suspend(() =>
        sendStream(layer, Settings.make(options, defaults, Settings.streamDeadline), message, recipients)
      ).pipe(
        Stream.withSpan("Messaging.sendStream", {
          kind: "producer",
          attributes: spanOf(protocol),
          captureStackTrace: false
        })
      ),
    publish: (message, audience, options) =>
      inSpan(
        "Messaging.publish",
        spanOf(protocol),
        (context) => publish(layer, settingsOf(options), message, audience, context)
      ),
    sendEach: (items, options = {}) =>
      Stream.suspend(() => sendEach(layer, Settings.make(options, defaults, Settings.streamDeadline), items)).pipe(
        Stream.withSpan("Messaging.sendEach", {
          kind: "producer",
          attributes: spanOf(protocol),
          captureStackTrace: false
        })
      )
  }
})

/**
 * Runs an effect in a span, which only those have who get the context: the workers of a send. The fiber that waits has not:
 * what logs or opens spans belongs in a worker. Lighter than `Effect.withSpan`, which changes the context of that fiber
 * twice, and adds a frame to stack traces.
 */
const inSpan = <A, E>(
  name: string,
  attributes: Record<string, unknown>,
  effect: (context: Context.Context<never>) => Effect.Effect<A, E>
) =>
  Effect.contextWith((context: Context.Context<never>) =>
    Effect.useSpan(
      name,
      { kind: "producer", attributes },
      (span) => effect(Context.add(context, Tracer.ParentSpan, span))
    )
  )

const spanOf = (protocol: Protocol) => ({
  "messaging.system": protocol.system,
  "messaging.operation.type": "send"
})
