/**
 * Answers that are none: what networks and front ends do.
 */
import * as Data from "effect/Data"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

/** The connection drops before anything is answered. Each face of the emulator does it in its own way. */
export class ConnectionReset extends Data.TaggedError("ConnectionReset")<{}> {}

/**
 * The request was not processed, and the sender is told so: by a GOAWAY that leaves it out, or its stream is refused. Where
 * there are no streams the connection drops.
 */
export class NotProcessed extends Data.TaggedError("NotProcessed")<{ readonly goAway: boolean }> {}

/** The connection drops in the middle of an answer (200; JSON by default); likewise. */
export class AnswerCut
  extends Data.TaggedError("AnswerCut")<{ readonly text: string; readonly contentType?: string | undefined }>
{
  get headers(): { readonly "content-type": string; readonly "content-length": string } {
    return {
      "content-type": this.contentType ?? json,
      "content-length": String(new TextEncoder().encode(this.text).length)
    }
  }
  /** What of it arrives. */
  get half(): string {
    return this.text.slice(0, Math.floor(this.text.length / 2))
  }
}

/** The content type of Google's JSON. */
export const json = "application/json; charset=UTF-8"

/** The content type of answers in plain text. */
export const plain = "text/plain; charset=UTF-8"

/** The page of a front end whose back end is away, shortened. */
export const html: HttpServerResponse.HttpServerResponse = HttpServerResponse.text(
  `<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error 502 (Server Error)!!1</title>
  <p><b>502.</b> <ins>That’s an error.</ins>
`,
  { status: 502, contentType: "text/html; charset=UTF-8" }
)
