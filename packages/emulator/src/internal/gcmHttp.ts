/**
 * GCM HTTP from the service's side: JSON to ids, and the way to its other forms.
 */
import * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as exchange from "./exchange.ts"
import * as Fate from "./fate.ts"
import * as gcm from "./gcm.ts"
import * as audience from "./gcmAudience.ts"
import * as plainText from "./gcmPlainText.ts"
import * as quota from "./quota.ts"
import * as RequestJson from "./requestJson.ts"
import * as world from "./world.ts"

/** What is no JSON is plain text, also where no content type is given (`http.jd`). */
export const send = Effect.gen(function*() {
  const request = yield* HttpServerRequest.HttpServerRequest
  const project = Option.getOrUndefined(yield* gcm.project)
  yield* world.count("gcm", project)
  if (project === undefined) return gcm.unauthorized
  const isJson = /^application\/json\b/i.test(request.headers["content-type"] ?? "")
  const text = yield* request.text
  return yield* isJson ? json(project, text) : plainText.send(project, text)
})

const json = Effect.fnUntraced(function*(project: string, text: string) {
  const body = RequestJson.parse(text)
  if (Result.isFailure(body)) return gcm.badRequest(`JSON_PARSING_ERROR: ${body.failure}`)
  const message = Option.getOrUndefined(decode(body.success))
  if (message === undefined) return gcm.badRequest("InvalidParameters: the body is no message")
  const { condition, registration_ids: ids, to } = message
  if ([condition, ids, to].filter(Predicate.isNotUndefined).length > 1) return targets
  const wait = yield* quota.drawProject(project, ids?.length ?? 1)
  if (wait !== undefined) return gcm.overQuota(wait)
  if (condition !== undefined) return yield* audience.toCondition(project, message, condition)
  return to === undefined ? yield* multicast(project, message, ids ?? []) : yield* toOne(project, message, to)
})

const toOne = Effect.fnUntraced(function*(project: string, message: gcm.Message, to: string) {
  const group = yield* audience.findGroup(project, to)
  if (group !== undefined) return yield* audience.toGroup(project, message, to, group)
  return to.startsWith("/topics/")
    ? yield* audience.toTopic(project, message, to)
    : yield* multicast(project, message, [to])
})

const decode = Schema.decodeUnknownOption(GcmHttp.JsonRequest)

const targets = gcm.badRequest(
  "Must use either \"registration_ids\" field or \"to\" field or \"condition\", not more than one"
)

// -----------------------------------------------------------------------------
// To ids
// -----------------------------------------------------------------------------

const multicast = Effect.fnUntraced(function*(project: string, message: gcm.Message, ids: ReadonlyArray<string>) {
  // as recorded: Edujugon/PushNotification, issue 33; benwilkins/laravel-fcm-notification, issue 48
  if (ids.length === 0) return gcm.badRequest("\"registration_ids\" field cannot be empty")
  if (ids.length > GcmHttp.maxRegistrationIds) {
    return gcm.badRequest(
      `Number of messages on bulk (${ids.length}) exceeds maximum allowed (${GcmHttp.maxRegistrationIds})`
    )
  }
  const { counters } = yield* world.World
  const number = ++counters.multicasts
  const unfit = gcm.unfit(message)
  return yield* exchange.run(
    { project, endpoint: "gcm", recipients: ids, say: gcm.say },
    Effect.fnUntraced(function*(fates, answerCut) {
      const sent = gcm.sent(project, message, answerCut)
      const results = yield* Effect.forEach(ids, (id, i) =>
        unfit === undefined
          ? gcm.resultOf(id, fates[i] ?? Fate.ok, sent)
          : Effect.succeed<GcmHttp.Result>({ error: unfit }))
      const later = fates.find(({ name }) => name === "unavailable" || name === "internal")
      return {
        text: envelope(results, sent.dryRun ? -1n : firstMulticastId + BigInt(number)),
        headers: later === undefined ? {} : gcm.later(later)
      }
    })
  )
})

/** As in the guide's example (`http.jd`): a number beyond 2^53, which only text can hold. */
const firstMulticastId = 6_782_339_717_028_231_000n

const envelope = (results: ReadonlyArray<GcmHttp.Result>, multicastId: bigint): string => {
  const failure = results.filter((result) => "error" in result).length
  const counts = {
    success: results.length - failure,
    failure,
    canonical_ids: results.filter((result) => "registration_id" in result).length
  }
  return `{"multicast_id":${multicastId},${JSON.stringify({ ...counts, results }).slice(1)}`
}
