/**
 * The emulator as an HTTP/1.1 server, for any client. Needs Node.
 *
 * @since 1.0.0
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import type * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { createServer } from "node:http"
import * as Emulator from "./Emulator.ts"
import type { AnswerCut } from "./internal/answer.ts"

/**
 * Where to listen.
 *
 * @category options
 * @since 1.0.0
 */
export interface Options {
  /**
   * 1 to 65535; 0 takes a free port.
   *
   * @default 0
   */
  readonly port?: number | undefined
  /**
   * The address to listen on. The emulator asks nobody who they are: think before you open it to others.
   *
   * @default "127.0.0.1"
   */
  readonly host?: string | undefined
}

/**
 * Where the emulator listens.
 *
 * @category services
 * @since 1.0.0
 */
export class EmulatorServer extends Context.Service<EmulatorServer, {
  /** The origin, such as `http://127.0.0.1:8025`: the `url` of `Fcm`. */
  readonly url: string
  /** Such as `127.0.0.1:8025`: the value of `FIREBASE_MESSAGING_EMULATOR_HOST`. */
  readonly host: string
}>()("@cloud-messaging/emulator/EmulatorServer") {}

/**
 * An emulator that listens as long as the layer lives. Fails with `ServeError` if the port is taken.
 *
 * **Example** (FCM and GCM through a real connection)
 *
 * ```ts
 * import { EmulatorServer, layer } from "@cloud-messaging/emulator/EmulatorServer"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const { host } = yield* EmulatorServer
 *   yield* Console.log(`FIREBASE_MESSAGING_EMULATOR_HOST=${host}`)
 * }).pipe(Effect.provide(layer({ port: 0 })))
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (
  options: Options = {}
): Layer.Layer<EmulatorServer | Emulator.Emulator | Emulator.App, HttpServerError.ServeError> =>
  Layer.effect(
    EmulatorServer,
    Effect.gen(function*() {
      const app = yield* Emulator.App
      const server = yield* NodeHttpServer.make(createServer, {
        host: options.host ?? "127.0.0.1",
        port: options.port ?? 0,
        // clients keep connections alive, and nothing is lost when an emulator ends
        gracefulShutdownTimeout: 0
      })
      yield* server.serve(app.pipe(Effect.catchTags({ ConnectionReset: () => drop, AnswerCut: cut })))
      // who listens on every address is reached on this machine's own
      const url = HttpServer.formatAddress(server.address).replace("//0.0.0.0:", "//127.0.0.1:").replace(
        "//[::]:",
        "//[::1]:"
      )
      return { url, host: new URL(url).host }
    })
  ).pipe(Layer.provideMerge(Emulator.layer))

/** Drops the connection, whose answer then goes nowhere. */
const drop = Effect.map(HttpServerRequest.HttpServerRequest, (request) => {
  NodeHttpServerRequest.toServerResponse(request).destroy()
  return HttpServerResponse.empty()
})

/** Drops the connection when half of the answer has left. */
const cut = Effect.fnUntraced(function*({ half, headers }: AnswerCut) {
  const { socket } = NodeHttpServerRequest.toIncomingMessage(yield* HttpServerRequest.HttpServerRequest)
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")
  yield* Effect.callback<void>((resume) => {
    socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n${half}`, () => resume(Effect.void))
  })
  return yield* drop
})
