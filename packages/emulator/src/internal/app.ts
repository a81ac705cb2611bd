/**
 * The emulator's one HTTP app. Hosts are not looked at: paths tell the services apart.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"
import type { AnswerCut, ConnectionReset, NotProcessed } from "./answer.ts"
import * as deviceGroups from "./deviceGroups.ts"
import * as fcmV1 from "./fcmV1.ts"
import * as gcmHttp from "./gcmHttp.ts"
import * as instanceId from "./instanceId.ts"
import * as oauth from "./oauth.ts"
import * as topicSubscriptions from "./topicSubscriptions.ts"
import { World } from "./world.ts"

export type App = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  ConnectionReset | NotProcessed | AnswerCut,
  HttpServerRequest.HttpServerRequest | Scope.Scope
>

const subscriptions = "/v1/projects/:project/registrations/:registration/topicSubscriptions"

const routes = HttpRouter.addAll([
  HttpRouter.route("POST", "/v1/projects/:project/messages::send", fcmV1.send),
  HttpRouter.route("POST", subscriptions, topicSubscriptions.create),
  HttpRouter.route("GET", subscriptions, topicSubscriptions.list),
  HttpRouter.route("GET", `${subscriptions}/:topic`, topicSubscriptions.get),
  HttpRouter.route("PATCH", `${subscriptions}/:topic`, topicSubscriptions.patch),
  HttpRouter.route("DELETE", `${subscriptions}/:topic`, topicSubscriptions.remove),
  HttpRouter.route("POST", "/iid/v1::batchAdd", instanceId.add),
  HttpRouter.route("POST", "/iid/v1::batchRemove", instanceId.remove),
  HttpRouter.route("POST", "/iid/v1/:token/rel/topics/:topic", instanceId.relate),
  HttpRouter.route("DELETE", "/iid/v1/:token/rel/topics/:topic", instanceId.unrelate),
  HttpRouter.route("GET", "/iid/info/:token", instanceId.info),
  HttpRouter.route("POST", "/fcm/send", gcmHttp.send),
  HttpRouter.route("POST", "/gcm/send", gcmHttp.send),
  HttpRouter.route("POST", "/fcm/notification", deviceGroups.change),
  HttpRouter.route("POST", "/gcm/notification", deviceGroups.change),
  HttpRouter.route("GET", "/fcm/notification", deviceGroups.lookUp),
  HttpRouter.route("GET", "/gcm/notification", deviceGroups.lookUp),
  HttpRouter.route("POST", "/token", oauth.token),
  HttpRouter.route("POST", oauth.olderPath, oauth.token)
])

export const make: Effect.Effect<App, never, World | Scope.Scope> = Effect.gen(function*() {
  const context = yield* Effect.context<World>()
  const { clock } = yield* World
  const app = yield* HttpRouter.toHttpEffect(routes).pipe(
    // tokens and topics are long, and stand in paths
    Effect.provideService(HttpRouter.RouterConfig, { maxParamLength: 16_384 })
  )
  return app.pipe(
    Effect.catchTag(
      "HttpServerError",
      ({ reason }) =>
        Effect.succeed(
          reason._tag === "RouteNotFound"
            ? notFound
            : reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
            ? tooLarge
            : unreadable
        )
    ),
    Effect.provideContext(context),
    Effect.provideService(Clock.Clock, clock)
  )
})

const notFound = HttpServerResponse.text("Not Found", { status: 404 })

const tooLarge = HttpServerResponse.text("The request is too large", { status: 413 })

const unreadable = HttpServerResponse.text("The request could not be read", { status: 400 })
