/**
 * An exchange, under the fates of those whom it is about.
 */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { AnswerCut, ConnectionReset, html, json } from "./answer.ts"
import type * as Fate from "./fate.ts"

/** An answer that a fate may cut. */
export interface Answer {
  readonly text: string
  readonly contentType?: string | undefined
  readonly headers?: { readonly [name: string]: string } | undefined
}

/** Drops the connection, or shows a front end's page, or waits, if that is anybody's fate; else answers, and may cut it. */
export const under = Effect.fnUntraced(function*<E, R>(
  fates: ReadonlyArray<Fate.Fate>,
  answer: (answerCut: boolean) => Effect.Effect<Answer | HttpServerResponse.HttpServerResponse, E, R>
) {
  const fated = (name: Fate.Name) => fates.some((fate) => fate.name === name)
  if (fated("reset")) return yield* new ConnectionReset()
  if (fated("html")) return html
  if (fated("slow")) yield* Effect.sleep(Math.max(...fates.map(({ n, name }) => name === "slow" ? n ?? 0 : 0)))
  const given = yield* answer(fated("cut"))
  if (HttpServerResponse.isHttpServerResponse(given)) return given
  const { contentType = json, headers = {}, text } = given
  if (fated("cut")) return yield* new AnswerCut({ text, contentType })
  return HttpServerResponse.text(text, { contentType, headers })
})
