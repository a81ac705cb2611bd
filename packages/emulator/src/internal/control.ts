/**
 * The control API, and the page that describes it.
 */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiScalar from "effect/http-api/HttpApiScalar"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { EmulatorApi, root } from "../EmulatorApi.ts"
import * as guard from "./controlGuard.ts"

/** Whether a path is the control API's. */
export const isControl = (url: string): boolean => /^\/emulator($|[/?])/.test(url)

const requests = HttpApiBuilder.group(
  EmulatorApi,
  "requests",
  (handlers) => handlers.handleAll({ count: () => Effect.succeed({ fcm: 1 }), reset: () => Effect.void })
)

/** The app of every path that is the control API's. */
export const make = Effect.fnUntraced(function*(settings: guard.Settings) {
  const app = yield* HttpRouter.toHttpEffect(
    Layer.mergeAll(
      HttpApiBuilder.layer(EmulatorApi, { openapiPath: `${root}/openapi.json` }),
      HttpApiScalar.layer(EmulatorApi, { path: `${root}/docs` })
    ).pipe(
      Layer.provide(requests),
      Layer.provide([guard.layerGuard, guard.layerToken(settings), HttpServer.layerServices])
    )
  )
  return app.pipe(
    Effect.catchTag("HttpServerError", () => Effect.succeed(notFound)),
    guard.ownHost(settings),
    Effect.map(HttpServerResponse.setHeaders(headers))
  )
})

const notFound = HttpServerResponse.jsonUnsafe({ _tag: "NotFound", message: "The control API has no such path" }, {
  status: 404
})

/** No other site may show what is here in a frame of its own, or use it as a script or an image. */
const headers = {
  "content-security-policy": "frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff"
}
