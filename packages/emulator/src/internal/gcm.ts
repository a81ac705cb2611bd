/**
 * GCM HTTP, whatever the form: who may send, what is refused, and what becomes of a message for one id.
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
import type { Audience } from "../Arrival.ts"
import * as Project from "../Project.ts"
import { plain } from "./answer.ts"
import * as delivery from "./delivery.ts"
import type * as Fate from "./fate.ts"

// -----------------------------------------------------------------------------
// Who may send
// -----------------------------------------------------------------------------

/** The project of an API key, which requests carry beside nothing: `emulator:<project>`. `None`: it lets nobody in. */
export const project = Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) => {
  const key = /^key=(.+)$/.exec(headers["authorization"] ?? "")?.[1]
  if (key === undefined || key === "emulator:bad-key") return Option.none()
  return Option.filter(Option.some(/^emulator:(.+)$/.exec(key)?.[1] ?? "default"), Schema.is(Project.Id))
})

// -----------------------------------------------------------------------------
// Messages
// -----------------------------------------------------------------------------

export type Message = typeof GcmHttp.JsonRequest.Type

/** What is well-formed, and refused all the same. */
export const unfit = (
  { data, time_to_live: seconds }: Message,
  limit: number = PayloadSize.limit
): GcmHttp.ErrorCode | undefined => {
  if (Object.keys(data ?? {}).some(GcmHttp.isReservedKey)) return "InvalidDataKey"
  if (seconds !== undefined && (seconds < 0 || seconds > Duration.toSeconds(GcmHttp.maxTimeToLive))) return "InvalidTtl"
  return PayloadSize.ofData(Record.map(data ?? {}, dataText)) > limit ? "MessageTooBig" : undefined
}

const dataText = (value: Schema.Json): string => typeof value === "string" ? value : JSON.stringify(value)

/** A message without its target, as it arrives. */
export const sent = (project: string, message: Message, answerCut: boolean) => {
  const { condition: _condition, data, registration_ids: _ids, to: _to, ...rest } = message
  return {
    endpoint: "gcm",
    project,
    message: data === undefined ? rest : { ...rest, data: Record.map(data, dataText) },
    dryRun: message.dry_run === true,
    answerCut
  } as const
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

/** What becomes of a message for one id. */
export const resultOf = Effect.fnUntraced(function*(
  id: string,
  { canonical, name }: Fate.Fate,
  sent: delivery.Sent,
  audience?: Audience
) {
  const error = errors[name]
  if (error !== undefined) return { error } satisfies GcmHttp.Result
  const accepted = yield* delivery.accept(
    { ...sent, recipient: id, kind: "token", ...audience === undefined ? {} : { audience } },
    (n) => sent.dryRun ? "fake_message_id" : `0:${n}`
  )
  if ("wait" in accepted) return { error: "DeviceMessageRateExceeded" } satisfies GcmHttp.Result
  const { messageId: message_id } = accepted
  return canonical === undefined ? { message_id } : { message_id, registration_id: canonical }
})

// -----------------------------------------------------------------------------
// Answers
// -----------------------------------------------------------------------------

/** How long to wait before another try. */
export const later = ({ retryAfter = 1 }: Pick<Fate.Fate, "retryAfter">) => ({ "retry-after": String(retryAfter) })

export const soon = later({})

/** A page of the front end, as recorded (calonso/rails-push-notifications, issue 20; xtrinch/fcm-django, issue 1). */
export const page = (status: number, title: string, headers: { readonly [name: string]: string } = {}) =>
  HttpServerResponse.text(
    `<HTML>\n<HEAD>\n<TITLE>${title}</TITLE>\n</HEAD>\n<BODY BGCOLOR="#FFFFFF" TEXT="#000000">\n<H1>${title}</H1>\n<H2>Error ${status}</H2>\n</BODY>\n</HTML>\n`,
    { status, contentType: "text/html; charset=UTF-8", headers }
  )

export const unauthorized = page(401, "Unauthorized")

/** The service is away. */
export const unavailable = (fate: Pick<Fate.Fate, "retryAfter">) => page(503, "Service Unavailable", later(fate))

export const internalError = (fate: Pick<Fate.Fate, "retryAfter">) => page(500, "Internal Server Error", later(fate))

/** What is said with a status that was arranged. */
export const say = (status: number, headers: { readonly [name: string]: string }) =>
  page(status, "The emulator was told to answer so", headers)

/** The quota of the project is used up; the protocol's own words for it are not known. */
export const overQuota = (wait: number) => page(429, "QuotaExceeded", { "retry-after": String(wait) })

export const badRequest = (text: string) => HttpServerResponse.text(`${text}\n`, { status: 400, contentType: plain })
