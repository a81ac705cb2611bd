/**
 * An exchange, under the fates of those whom it is about, and the faults that were arranged.
 */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Fault from "../Fault.ts"
import { AnswerCut, ConnectionReset, html, json, NotProcessed } from "./answer.ts"
import { Connection } from "./connection.ts"
import * as Fate from "./fate.ts"
import * as faults from "./faults.ts"

/** An answer that a fate may cut. */
export interface Answer {
  readonly text: string
  readonly contentType?: string | undefined
  readonly headers?: { readonly [name: string]: string } | undefined
}

/** What is asked, and how its protocol says a status. */
export interface Asked extends faults.Asked {
  readonly say: (status: number, headers: { readonly [name: string]: string }) => HttpServerResponse.HttpServerResponse
}

/** Drops the connection, or shows a front end's page, or waits, if that is anybody's fate; else answers, and may cut it. */
export const run = Effect.fnUntraced(function*<E, R>(
  asked: Asked,
  answer: (
    fates: ReadonlyArray<Fate.Fate>,
    answerCut: boolean
  ) => Effect.Effect<Answer | HttpServerResponse.HttpServerResponse, E, R>
) {
  const connection = yield* Connection
  yield* connection.process
  const struck = yield* faults.strike(asked)
  const fates = yield* Effect.forEach(
    asked.recipients,
    (recipient) => Fate.judge(asked, recipient, struck.recipients.get(recipient))
  )
  const fated = (name: Fate.Name) => fates.some((fate) => fate.name === name)
  if (fated("reset")) return yield* new ConnectionReset()
  if (fated("html")) return html
  const slow = Math.max(0, ...fates.map(({ n, name }) => name === "slow" ? n ?? 0 : 0))
  if (slow + struck.delay > 0) yield* Effect.sleep(slow + struck.delay)
  const { request: fault } = struck
  switch (fault?._tag) {
    case "Respond":
      return respond(asked, fault)
    case "Reset":
      return yield* new ConnectionReset()
    case "RefuseStream":
      return yield* new NotProcessed({ goAway: false })
    case "GoAway":
      if (fault.abrupt === true) return yield* new NotProcessed({ goAway: true })
      yield* connection.goAway
      break
    case "LimitStreams":
      yield* connection.limitStreams(fault.streams)
  }
  const isCut = fated("cut") || fault?._tag === "Cut"
  const given = yield* answer(fates, isCut)
  if (HttpServerResponse.isHttpServerResponse(given)) return given
  const { contentType = json, headers = {}, text } = given
  if (isCut) return yield* new AnswerCut({ text, contentType })
  return HttpServerResponse.text(text, { contentType, headers })
})

const respond = (asked: Asked, { body, contentType = "text/plain", retryAfter, status }: typeof Fault.Respond.Type) => {
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }
  return body === undefined
    ? asked.say(status, headers)
    : HttpServerResponse.text(body, { status, contentType, headers })
}
