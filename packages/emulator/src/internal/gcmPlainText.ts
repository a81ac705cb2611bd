/**
 * GCM HTTP, plain text, from the service's side.
 */
import type * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as GcmPlainText from "@cloud-messaging/protocol/GcmPlainText"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import { plain } from "./answer.ts"
import * as exchange from "./exchange.ts"
import * as Fate from "./fate.ts"
import * as gcm from "./gcm.ts"

/** Plain text tells a service that is away by the status. */
export const send = Effect.fnUntraced(function*(project: string, text: string) {
  const request = Option.getOrUndefined(GcmPlainText.parseRequest(text))
  if (request === undefined) return refused("InvalidTtl")
  const { registration_id: id = "", ...message } = request
  if (id === "") return refused("MissingRegistration")
  const unfit = gcm.unfit(message)
  const fate = yield* Fate.strike(project, "gcm", id)
  return yield* exchange.under(
    [fate],
    Effect.fnUntraced(function*(answerCut) {
      if (fate.name === "unavailable") return gcm.unavailable
      if (fate.name === "internal") return gcm.internalError
      const result = unfit === undefined
        ? yield* gcm.resultOf(id, fate.name, gcm.sent(project, message, answerCut))
        : { error: unfit }
      return { text: GcmPlainText.resultText(result), contentType: plain }
    })
  )
})

const refused = (error: GcmHttp.ErrorCode) =>
  HttpServerResponse.text(GcmPlainText.resultText({ error }), { contentType: plain })
