/**
 * GCM HTTP, JSON form, from the service's side.
 */
import * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as PayloadSize from "@cloud-messaging/protocol/PayloadSize"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import { AnswerCut, ConnectionReset, html, json } from "./answer.ts"
import * as Fate from "./fate.ts"
import * as world from "./world.ts"

export const send = Effect.gen(function*() {
  const { requests } = yield* world.World
  requests.gcm++
  const request = yield* HttpServerRequest.HttpServerRequest
  const key = /^key=(.+)$/.exec(request.headers["authorization"] ?? "")?.[1]
  if (key === undefined || key === "emulator:bad-key") return unauthorized
  const body = Option.getOrUndefined(decode(yield* request.text))
  if (body === undefined) return badRequest("JSON_PARSING_ERROR: the body is no message")
  const ids = body.registration_ids ?? (body.to === undefined ? [] : [body.to])
  if (ids.length === 0) return badRequest("\"registration_ids\" must hold at least one id")
  if (body.to?.startsWith("/topics/") === true) return badRequest("this emulator knows no topics yet")
  if (ids.length > GcmHttp.maxRegistrationIds) {
    return badRequest(
      `Number of messages on bulk (${ids.length}) exceeds maximum allowed (${GcmHttp.maxRegistrationIds})`
    )
  }
  const unfit = checkContent(body)
  const project = projectOf(key)
  const fates = yield* Effect.forEach(ids, (id) => Fate.strike(project, "gcm", id))
  const fated = (name: Fate.Name) => fates.some((fate) => fate.name === name)
  if (fated("reset")) return yield* new ConnectionReset()
  if (fated("html")) return html
  if (fated("slow")) yield* Effect.sleep(Math.max(...fates.map(({ n, name }) => name === "slow" ? n ?? 0 : 0)))
  const answerCut = fated("cut")
  const results = yield* Effect.forEach(ids, (id, i) =>
    unfit === undefined
      ? resultOf(project, id, fates[i]?.name ?? "ok", body, answerCut)
      : Effect.succeed<GcmHttp.Result>({ error: unfit }))
  const text = JSON.stringify(envelope(results, requests.gcm, body.dry_run === true))
  if (answerCut) return yield* new AnswerCut({ text })
  const headers = fated("unavailable") || fated("internal") ? { "retry-after": "1" } : {}
  return HttpServerResponse.text(text, { contentType: json, headers })
})

// -----------------------------------------------------------------------------
// Request
// -----------------------------------------------------------------------------

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(GcmHttp.JsonRequest))

/** Requests carry no project, so that keys name one: `emulator:<project>`. */
const projectOf = (key: string): string => /^emulator:(.+)$/.exec(key)?.[1] ?? "default"

/** What is well-formed, and refused for each id all the same. */
const checkContent = (
  { data, time_to_live: seconds }: typeof GcmHttp.JsonRequest.Type
): GcmHttp.ErrorCode | undefined => {
  if (Object.keys(data ?? {}).some(GcmHttp.isReservedKey)) return "InvalidDataKey"
  if (seconds !== undefined && (seconds < 0 || seconds > Duration.toSeconds(GcmHttp.maxTimeToLive))) return "InvalidTtl"
  return PayloadSize.ofData(Record.map(data ?? {}, dataText)) > PayloadSize.limit ? "MessageTooBig" : undefined
}

// -----------------------------------------------------------------------------
// Results
// -----------------------------------------------------------------------------

const errors: { readonly [Name in Fate.Name]?: GcmHttp.ErrorCode } = {
  unregistered: "NotRegistered",
  invalid: "InvalidRegistration",
  mismatch: "MismatchSenderId",
  "apns-auth": "InvalidApnsCredential",
  unavailable: "Unavailable",
  internal: "InternalServerError",
  quota: "DeviceMessageRateExceeded"
}

const resultOf = (
  project: string,
  id: string,
  fate: Fate.Name,
  message: typeof GcmHttp.JsonRequest.Type,
  answerCut: boolean
) => {
  const error = id === "" ? "InvalidRegistration" : errors[fate]
  if (error !== undefined) return Effect.succeed<GcmHttp.Result>({ error })
  const dryRun = message.dry_run === true
  const { data, registration_ids: _ids, to: _to, ...rest } = message
  const content = data === undefined ? rest : { ...rest, data: Record.map(data, dataText) }
  return Effect.map(
    world.accept(
      { endpoint: "gcm", project, recipient: id, kind: "token", message: content, dryRun, answerCut },
      (n) => dryRun ? "fake_message_id" : `0:${n}`
    ),
    ({ messageId }): GcmHttp.Result =>
      fate === "moved"
        ? { message_id: messageId, registration_id: Fate.canonical(id) }
        : { message_id: messageId }
  )
}

const dataText = (value: Schema.Json): string => typeof value === "string" ? value : JSON.stringify(value)

const envelope = (results: ReadonlyArray<GcmHttp.Result>, request: number, dryRun: boolean) => {
  const failure = results.filter((result) => "error" in result).length
  return {
    multicast_id: dryRun ? -1 : request,
    success: results.length - failure,
    failure,
    canonical_ids: results.filter((result) => "registration_id" in result).length,
    results
  }
}

// -----------------------------------------------------------------------------
// Answers
// -----------------------------------------------------------------------------

const unauthorized = HttpServerResponse.text(
  "<HTML>\n<HEAD>\n<TITLE>INVALID_KEY</TITLE>\n</HEAD>\n<BODY>\n<H1>INVALID_KEY</H1>\n<H2>Error 401</H2>\n</BODY>\n</HTML>\n",
  { status: 401, contentType: "text/html; charset=UTF-8" }
)

const badRequest = (text: string) =>
  HttpServerResponse.text(`${text}\n`, { status: 400, contentType: "text/plain; charset=UTF-8" })
