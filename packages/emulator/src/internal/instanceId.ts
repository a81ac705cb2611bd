/**
 * The Instance ID service: topics of many tokens at once, and what is known about one.
 */
import * as InstanceId from "@cloud-messaging/protocol/InstanceId"
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as accessToken from "./accessToken.ts"
import { json } from "./answer.ts"
import * as exchange from "./exchange.ts"
import type * as Fate from "./fate.ts"
import * as gcm from "./gcm.ts"
import * as subscriptions from "./subscriptions.ts"
import * as topics from "./topics.ts"
import * as world from "./world.ts"

/** `None`: it lets nobody in. An API key names a project, an access token none. */
export const project = Effect.gen(function*() {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const token = /^Bearer (.+)$/i.exec(headers["authorization"] ?? "")?.[1]
  if (token === undefined) return yield* gcm.project
  const isLetIn = headers["access_token_auth"] === "true" && (yield* accessToken.isValid(token))
  return isLetIn ? Option.some(undefined) : Option.none()
})

// -----------------------------------------------------------------------------
// Changes
// -----------------------------------------------------------------------------

/** A change of many; `run` tells what becomes of one. */
const batch = <R>(
  run: (project: string | undefined, token: string, topic: string) => Effect.Effect<InstanceId.Result, never, R>
) =>
  Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const found = yield* project
    yield* world.count("topics", Option.getOrUndefined(found))
    if (Option.isNone(found)) return refuse(401, "Unauthorized")
    const asked = Option.getOrUndefined(decode(yield* request.text))
    if (asked === undefined) return refuse(400, "InvalidRequest")
    const topic = Option.getOrElse(Topic.fromAddress(asked.to), () => "")
    const tokens = asked.registration_tokens
    if (!Topic.isName(topic)) return refuse(400, "Topic name format is invalid")
    if (tokens.length === 0) return refuse(400, "MissingIIdToken")
    if (tokens.length > InstanceId.maxTokens) return refuse(400, "TooManyTokens")
    const by = { project: found.value, endpoint: "topics", recipients: tokens, say: gcm.say } as const
    return yield* exchange.run(by, (fates) =>
      Effect.forEach(tokens, (token, i) => {
        const error = errors[fates[i]?.name ?? "ok"]
        return error === undefined ? run(found.value, token, topic) : Effect.succeed<InstanceId.Result>({ error })
      }).pipe(
        Effect.map((results) => ({ text: JSON.stringify({ results }) }))
      ))
  })

const subscribe = Effect.fnUntraced(function*(project: string | undefined, token: string, topic: string) {
  const subscription = yield* topics.subscribe(project, token, topic)
  const result: InstanceId.Result = subscription === undefined ? { error: "TOO_MANY_TOPICS" } : {}
  return result
})

const unsubscribe = (project: string | undefined, token: string, topic: string) =>
  Effect.as(subscriptions.unsubscribe(project, token, topic), {})

export const add = batch(subscribe)

export const remove = batch(unsubscribe)

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(InstanceId.BatchRequest))

const errors: { readonly [Name in Fate.Name]?: InstanceId.ErrorCode } = {
  unregistered: "NOT_FOUND",
  invalid: "INVALID_ARGUMENT",
  mismatch: "INVALID_ARGUMENT",
  unavailable: "DEADLINE_EXCEEDED",
  internal: "INTERNAL",
  quota: "RESOURCE_EXHAUSTED"
}

/** A change of one, which stands in the path. */
const relation = <R>(
  run: (project: string | undefined, token: string, topic: string) => Effect.Effect<InstanceId.Result, never, R>
) =>
  Effect.gen(function*() {
    const { token = "", topic = "" } = yield* HttpRouter.params
    const found = yield* project
    yield* world.count("topics", Option.getOrUndefined(found))
    if (Option.isNone(found)) return refuse(401, "Unauthorized")
    if (!Topic.isName(topic)) return refuse(400, "Topic name format is invalid")
    return yield* exchange.run(
      { project: found.value, endpoint: "topics", recipients: [token], say: gcm.say },
      ([fate]) => {
        const refused = fate && errorsOfOne[fate.name]
        return refused === undefined
          ? Effect.map(
            run(found.value, token, topic),
            ({ error }) => error === undefined ? { text: "{}" } : refuse(400, error)
          )
          : Effect.succeed(refused)
      }
    )
  })

export const relate = relation(subscribe)

export const unrelate = relation(unsubscribe)

// -----------------------------------------------------------------------------
// Info
// -----------------------------------------------------------------------------

export const info = Effect.gen(function*() {
  const { token = "" } = yield* HttpRouter.params
  const found = yield* project
  yield* world.count("topics", Option.getOrUndefined(found))
  if (Option.isNone(found)) return refuse(401, "Unauthorized")
  return yield* exchange.run(
    { project: found.value, endpoint: "topics", recipients: [token], say: gcm.say },
    Effect.fnUntraced(function*([fate]) {
      const refused = fate && errorsOfOne[fate.name]
      if (refused !== undefined) return refused
      const parameters = yield* Effect.option(HttpServerRequest.schemaSearchParams(Details))
      const rel = Option.isNone(parameters) ? {} : yield* relations(found.value, token)
      return { text: JSON.stringify({ ...application, ...rel }) }
    })
  )
})

const Details = Schema.Struct({ details: Schema.Literal("true") })

/** The emulator knows no apps: this one stands for all. */
const application: typeof InstanceId.Info.Type = {
  application: "com.example.app",
  applicationVersion: "1",
  authorizedEntity: "123456789012",
  platform: "ANDROID"
}

const relations = (project: string | undefined, token: string) =>
  Effect.map(subscriptions.list(project, token), (all): typeof InstanceId.Info.Type =>
    all.length === 0 ? {} : {
      rel: {
        topics: Object.fromEntries(
          all.map(({ since, topic }) => [topic, { addDate: DateTime.formatIsoDateUtc(DateTime.makeUnsafe(since)) }])
        )
      }
    })

const refuse = (status: number, error: string, headers: { readonly [name: string]: string } = {}) =>
  HttpServerResponse.text(JSON.stringify({ error }), { status, contentType: json, headers })

const errorsOfOne: { readonly [Name in Fate.Name]?: HttpServerResponse.HttpServerResponse } = {
  unregistered: refuse(404, "No information found about this instance id."),
  invalid: refuse(400, "InvalidToken"),
  mismatch: refuse(403, "Unauthorized"),
  unavailable: refuse(503, "Unavailable", gcm.soon),
  internal: refuse(500, "InternalServerError", gcm.soon)
}
