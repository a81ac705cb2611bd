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
import type * as Schema from "effect/Schema"
import type { Arrival, Audience } from "../Emulator.ts"
import { plain } from "./answer.ts"
import * as Fate from "./fate.ts"
import * as world from "./world.ts"

// -----------------------------------------------------------------------------
// Who may send
// -----------------------------------------------------------------------------

/** The project of an API key, which requests carry beside nothing: `emulator:<project>`. `None`: it lets nobody in. */
export const project = Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) => {
  const key = /^key=(.+)$/.exec(headers["authorization"] ?? "")?.[1]
  return key === undefined || key === "emulator:bad-key"
    ? Option.none()
    : Option.some(/^emulator:(.+)$/.exec(key)?.[1] ?? "default")
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
export const resultOf = (
  id: string,
  fate: Fate.Name,
  sent: Pick<Arrival, "endpoint" | "project" | "message" | "dryRun" | "answerCut">,
  audience?: Audience
) => {
  const error = Fate.isRegistration(id) ? errors[fate] : "InvalidRegistration"
  if (error !== undefined) return Effect.succeed<GcmHttp.Result>({ error })
  return Effect.map(
    world.accept(
      { ...sent, recipient: id, kind: "token", ...audience === undefined ? {} : { audience } },
      (n) => sent.dryRun ? "fake_message_id" : `0:${n}`
    ),
    ({ messageId }): GcmHttp.Result =>
      fate === "moved"
        ? { message_id: messageId, registration_id: Fate.canonical(id) }
        : { message_id: messageId }
  )
}

// -----------------------------------------------------------------------------
// Answers
// -----------------------------------------------------------------------------

/** How long to wait before another try. */
export const soon = { "retry-after": "1" }

/** A page of the front end, as recorded (calonso/rails-push-notifications, issue 20; xtrinch/fcm-django, issue 1). */
export const page = (status: number, title: string, headers: { readonly [name: string]: string } = {}) =>
  HttpServerResponse.text(
    `<HTML>\n<HEAD>\n<TITLE>${title}</TITLE>\n</HEAD>\n<BODY BGCOLOR="#FFFFFF" TEXT="#000000">\n<H1>${title}</H1>\n<H2>Error ${status}</H2>\n</BODY>\n</HTML>\n`,
    { status, contentType: "text/html; charset=UTF-8", headers }
  )

export const unauthorized = page(401, "Unauthorized")

export const unavailable = page(503, "Service Unavailable", soon)

export const internalError = page(500, "Internal Server Error", soon)

export const badRequest = (text: string) => HttpServerResponse.text(`${text}\n`, { status: 400, contentType: plain })
