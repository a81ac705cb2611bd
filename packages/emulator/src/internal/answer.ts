/**
 * Answers that are none: what networks and front ends do.
 */
import * as Data from "effect/Data"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"

/** The connection drops before anything is answered. Each face of the emulator does it in its own way. */
export class ConnectionReset extends Data.TaggedError("ConnectionReset")<{}> {}

/** The connection drops in the middle of an answer. */
export class AnswerCut extends Data.TaggedError("AnswerCut")<{}> {}

/** The first half of an answer; then the connection drops. */
export const cut = (text: string, contentType: string): HttpServerResponse.HttpServerResponse => {
  const bytes = new TextEncoder().encode(text)
  return HttpServerResponse.stream(
    Stream.concat(Stream.succeed(bytes.subarray(0, Math.floor(bytes.length / 2))), Stream.fail(new AnswerCut())),
    { contentType, contentLength: bytes.length }
  )
}

/** The page of a front end whose back end is away. */
export const html: HttpServerResponse.HttpServerResponse = HttpServerResponse.text(
  `<!DOCTYPE html>
<html lang=en>
<title>Error 502 (Server Error)!!1</title>
<p><b>502.</b> <ins>That’s an error.</ins>
<p>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.
`,
  { status: 502, contentType: "text/html; charset=UTF-8" }
)
