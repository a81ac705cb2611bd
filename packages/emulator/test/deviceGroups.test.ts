/**
 * Device groups: made and changed, and sent to by GCM.
 */
import { Emulator } from "@cloud-messaging/emulator"
import { DeviceGroup } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HttpClientRequest } from "effect/http"
import { type Answer, exchange, gcmJson } from "./utils/requests.ts"

const arrived = Effect.flatMap(Emulator.Emulator, ({ messages }) => messages.query())

const headers = { authorization: "key=API_KEY", project_id: "123" }

const change = (body: unknown, options: { readonly url?: string; readonly headers?: {} } = {}) =>
  exchange(
    HttpClientRequest.post(options.url ?? DeviceGroup.endpoint).pipe(
      HttpClientRequest.setHeaders({ ...headers, ...options.headers }),
      HttpClientRequest.bodyText(typeof body === "string" ? body : JSON.stringify(body), "application/json")
    )
  )

const lookUp = (name: string, project_id = "123") =>
  exchange(
    HttpClientRequest.get(DeviceGroup.endpoint).pipe(
      HttpClientRequest.setUrlParams({ notification_key_name: name }),
      HttpClientRequest.setHeaders({ ...headers, project_id })
    )
  )

const keyOf = ({ text }: Answer) => String(JSON.parse(text).notification_key)

const create = (name: string, ...registration_ids: ReadonlyArray<string>) =>
  change({ operation: "create", notification_key_name: name, registration_ids })

const send = (to: string, more = {}) => exchange(gcmJson({ to, ...more }))

describe("device groups", () => {
  it.effect("are made, grown, shrunk, found and, without members, gone", () =>
    Effect.gen(function*() {
      const created = yield* create("user", "a", "b")
      assert.strictEqual(created.status, 200)
      const notification_key = keyOf(created)
      const group = { notification_key_name: "user", notification_key }
      assert.deepStrictEqual(created.body, { notification_key })
      assert.deepStrictEqual((yield* lookUp("user")).body, { notification_key })
      const added = yield* change({ operation: "add", ...group, registration_ids: ["b", "c"] })
      assert.deepStrictEqual(added.body, { notification_key })
      yield* change({ operation: "remove", ...group, registration_ids: ["a", "x"] })
      assert.deepStrictEqual((yield* send(notification_key)).body, { success: 2, failure: 0 })
      assert.deepStrictEqual((yield* arrived).map(({ audience, recipient }) => [recipient, audience]), [
        ["b", { kind: "deviceGroup", value: notification_key }],
        ["c", { kind: "deviceGroup", value: notification_key }]
      ])
      yield* change({ operation: "remove", notification_key, registration_ids: ["b", "c"] })
      assert.deepStrictEqual((yield* lookUp("user")).body, { error: "notification_key not found" })
      assert.notStrictEqual(keyOf(yield* create("user", "a")), notification_key)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("are the same at either endpoint, for a bearer token as for a key", () =>
    Effect.gen(function*() {
      const made = yield* change(
        { operation: "create", notification_key_name: "user", registration_ids: ["a"] },
        {
          url: "https://android.googleapis.com/gcm/notification",
          headers: { authorization: "Bearer owner", access_token_auth: "true" }
        }
      )
      assert.deepStrictEqual((yield* lookUp("user")).body, made.body)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each<{ error: string; body: object | string; headers?: {} }>([
    { error: "the body is no operation", body: "{" },
    { error: "the body is no operation", body: { operation: "drop", registration_ids: ["a"] } },
    {
      error: "notification_key already exists",
      body: { operation: "create", notification_key_name: "user", registration_ids: ["x"] }
    },
    { error: "notification_key_name is missing", body: { operation: "create", registration_ids: ["x"] } },
    {
      error: "no valid registration ids",
      body: {
        operation: "create",
        notification_key_name: "new",
        registration_ids: ["emulator:invalid:a", "", "no name"]
      }
    },
    {
      error: "notification_key not found",
      body: { operation: "add", notification_key: "unknown", registration_ids: ["x"] }
    },
    {
      error: "notification_key not found",
      body: { operation: "add", notification_key: "emulator:group:1", registration_ids: ["x"] },
      headers: { project_id: "another" }
    },
    {
      error: "notification_key_name doesn't match the group name of the notification_key",
      body: {
        operation: "remove",
        notification_key: "emulator:group:1",
        notification_key_name: "other",
        registration_ids: ["x"]
      }
    },
    {
      error: "too many members",
      body: {
        operation: "add",
        notification_key: "emulator:group:1",
        registration_ids: Array.from({ length: 20 }, (_, i) => `x-${i}`)
      }
    },
    {
      error: "project_id header is missing",
      body: { operation: "create", notification_key_name: "new", registration_ids: ["x"] },
      headers: { project_id: "" }
    }
  ])("refuse with $error", ({ body, error, headers }) =>
    Effect.gen(function*() {
      assert.strictEqual(keyOf(yield* create("user", "a")), "emulator:group:1")
      const answer = yield* change(body, { headers: headers ?? {} })
      assert.deepStrictEqual([answer.status, answer.body], [400, { error }])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each([
    { what: "a bad key", headers: { authorization: "key=emulator:bad-key" } },
    { what: "a bearer token alone", headers: { authorization: "Bearer owner" } }
  ])("refuse $what", ({ headers }) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* change({}, { headers })).status, 401)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("a message to a device group", () => {
  it.effect("brings back the members that failed", () =>
    Effect.gen(function*() {
      const members = ["a", "emulator:unregistered:b", "emulator:unavailable-1:c", "emulator:moved:d"]
      const key = keyOf(yield* create("user", ...members))
      assert.deepStrictEqual((yield* send(key)).body, {
        success: 2,
        failure: 2,
        failed_registration_ids: members.slice(1, 3)
      })
      assert.deepStrictEqual((yield* send(key)).body, {
        success: 3,
        failure: 1,
        failed_registration_ids: members.slice(1, 2)
      })
      assert.lengthOf(yield* arrived, 5)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is a 503 that is no JSON when it failed for all", () =>
    Effect.gen(function*() {
      const answer = yield* send(keyOf(yield* create("user", "emulator:unavailable-1:a", "emulator:unregistered:b")))
      assert.deepStrictEqual([answer.status, answer.retryAfter, answer.body], [503, "1", undefined])
      assert.deepStrictEqual(yield* arrived, [])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is refused as a whole for what is wrong with it", () =>
    Effect.gen(function*() {
      const answer = yield* send(keyOf(yield* create("user", "a")), { time_to_live: -1 })
      assert.deepStrictEqual([answer.status, answer.body], [200, { error: "InvalidTtl" }])
      assert.deepStrictEqual(yield* arrived, [])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is one to a token where the key is of no group", () =>
    Effect.gen(function*() {
      assert.property((yield* send("emulator:group:7")).body, "results")
      assert.deepStrictEqual((yield* arrived).map(({ recipient }) => recipient), ["emulator:group:7"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})
