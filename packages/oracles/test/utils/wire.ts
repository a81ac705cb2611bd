/** A server on this machine that accepts everything, in clear and as Google, and keeps what was written to it. */
import { Context, Effect, Layer } from "effect"
import * as Http from "node:http"
import * as Http2 from "node:http2"
import type { Server } from "node:net"
import { text } from "node:stream/consumers"
import { generate } from "selfsigned"
import { Google } from "./sdk.ts"

export interface Written {
  readonly httpVersion: string
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
  readonly body: unknown
}

export class Wire extends Context.Service<Wire, {
  /** Its origin in clear. */
  readonly url: string
  /** The one request that an effect writes. */
  readonly written: <E, R>(effect: Effect.Effect<unknown, E, R>) => Effect.Effect<Written, E, R>
}>()("@cloud-messaging/oracles/Wire") {}

const accepted = (body: unknown): unknown => {
  const ids = typeof body === "object" && body !== null && "registration_ids" in body ? body.registration_ids : [""]
  const results = Array.isArray(ids) ? ids.map(() => ({ message_id: "0:1" })) : []
  // one answer for both protocols
  return { name: "projects/my-project/messages/1", multicast_id: 1, success: results.length, failure: 0, results }
}

const listen = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<string>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(`127.0.0.1:${typeof address === "object" ? address?.port : ""}`))
      })
    }),
    () => Effect.sync(() => server.close())
  )

const certificate = Effect.promise(() =>
  generate([{ name: "commonName", value: "fcm.googleapis.com" }], {
    keyType: "ec",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: "fcm.googleapis.com" }] }
    ]
  })
)

export const layer: Layer.Layer<Wire | Google> = Layer.effectContext(
  Effect.gen(function*() {
    const requests: Array<Written> = []
    const keep = async (
      request: Http.IncomingMessage | Http2.Http2ServerRequest,
      response: Http.ServerResponse | Http2.Http2ServerResponse
    ) => {
      const { headers, httpVersion, method, url: path } = request
      const body: unknown = JSON.parse(await text(request))
      requests.push({ httpVersion, method, path, headers, body })
      response.setHeader("content-type", "application/json")
      response.end(JSON.stringify(accepted(body)))
    }
    const { cert, private: key } = yield* certificate
    const clear = yield* listen(Http.createServer(keep))
    const host = yield* listen(Http2.createSecureServer({ allowHTTP1: true, cert, key }, keep))
    const written: Wire["Service"]["written"] = (effect) =>
      Effect.suspend(() => {
        requests.length = 0
        return Effect.flatMap(effect, () => {
          const [request] = requests
          return request === undefined || requests.length > 1
            ? Effect.die(`${requests.length} requests were written, not one`)
            : Effect.succeed(request)
        })
      })
    return Context.make(Wire, { url: `http://${clear}`, written }).pipe(Context.add(Google, { host, ca: cert }))
  })
)
