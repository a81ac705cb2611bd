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
import * as quota from "./quota.ts"

/** Plain text tells a service that is away by the status. */
export const send = Effect.fnUntraced(function*(project: string, text: string) {
  const request = Option.getOrUndefined(GcmPlainText.parseRequest(text))
  if (request === undefined) return refused("InvalidTtl")
  const { registration_id: id = "", ...message } = request
  if (id === "") return refused("MissingRegistration")
  const unfit = gcm.unfit(message)
  const wait = yield* quota.drawProject(project, 1)
  if (wait !== undefined) return gcm.overQuota(wait)
  return yield* exchange.run(
    { project, endpoint: "gcm", recipients: [id], say: gcm.say },
    Effect.fnUntraced(function*([fate = Fate.ok], answerCut) {
      if (fate.name === "unavailable") return gcm.unavailable(fate)
      if (fate.name === "internal") return gcm.internalError(fate)
      const result = unfit === undefined
        ? yield* gcm.resultOf(id, fate, gcm.sent(project, message, answerCut))
        : { error: unfit }
      return { text: GcmPlainText.resultText(result), contentType: plain }
    })
  )
})

const refused = (error: GcmHttp.ErrorCode) =>
  HttpServerResponse.text(GcmPlainText.resultText({ error }), { contentType: plain })
