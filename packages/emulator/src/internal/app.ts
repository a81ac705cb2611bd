/**
 * The emulator's one HTTP app. Hosts are not looked at: paths tell the services apart.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"
import type { AnswerCut, ConnectionReset } from "./answer.ts"
import * as fcmV1 from "./fcmV1.ts"
import * as gcmHttp from "./gcmHttp.ts"
import * as oauth from "./oauth.ts"
import type { World } from "./world.ts"

export type App = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  ConnectionReset | AnswerCut,
  HttpServerRequest.HttpServerRequest | Scope.Scope
>

const routes = HttpRouter.addAll([
  HttpRouter.route("POST", "/v1/projects/:project/messages::send", fcmV1.send),
  HttpRouter.route("POST", "/fcm/send", gcmHttp.send),
  HttpRouter.route("POST", "/gcm/send", gcmHttp.send),
  HttpRouter.route("POST", "/token", oauth.token)
])

export const make: Effect.Effect<App, never, World | Scope.Scope> = Effect.gen(function*() {
  const context = yield* Effect.context<World>()
  const app = yield* HttpRouter.toHttpEffect(routes)
  return app.pipe(
    Effect.catchTag(
      "HttpServerError",
      ({ reason }) => Effect.succeed(reason._tag === "RouteNotFound" ? notFound : unreadable)
    ),
    Effect.provideContext(context)
  )
})

const notFound = HttpServerResponse.text("Not Found", { status: 404 })

const unreadable = HttpServerResponse.text("The request could not be read", { status: 400 })
