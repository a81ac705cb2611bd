/**
 * A response over HTTP/2.
 */
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Cookies from "effect/http/Cookies"
import * as Headers from "effect/http/Headers"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as UrlParams from "effect/http/UrlParams"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import { pipeArguments } from "effect/Pipeable"
import type * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import * as BoundedResponse from "../../BoundedResponse.ts"
import type { Fields } from "../hpack/fields.ts"
import * as Failure from "./failure.ts"
import type { Incoming } from "./incoming.ts"

/** A class, as all responses share what makes a body of another kind. */
export class Response extends Inspectable.Class
  implements HttpClientResponse.HttpClientResponse, BoundedResponse.BoundedResponse
{
  readonly request: HttpClientRequest.HttpClientRequest
  readonly url: string
  readonly status: number
  readonly #source: Fields
  readonly #body: Incoming
  #headers: Headers.Headers | undefined = undefined

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    url: string,
    status: number,
    headers: Fields,
    body: Incoming
  ) {
    super()
    this.request = request
    this.url = url
    this.status = status
    this.#source = headers
    this.#body = body
  }

  get [HttpIncomingMessage.TypeId](): typeof HttpIncomingMessage.TypeId {
    return HttpIncomingMessage.TypeId
  }

  get [HttpClientResponse.TypeId](): typeof HttpClientResponse.TypeId {
    return HttpClientResponse.TypeId
  }

  get [BoundedResponse.TypeId](): typeof BoundedResponse.TypeId {
    return BoundedResponse.TypeId
  }

  get headers(): Headers.Headers {
    return this.#headers ??= headersOf(this.#source)
  }

  get cookies(): Cookies.Cookies {
    return Cookies.fromSetCookie(this.#source.filter((_, i) => i % 2 === 1 && this.#source[i - 1] === "set-cookie"))
  }

  get remoteAddress(): Option.Option<string> {
    return Option.none()
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.HttpClientError> {
    const pull = Effect.suspend(() => this.#body.pull((cause) => Failure.decode(this, cause)))
    const discard = Effect.sync(() => this.#body.discard())
    // one step, where combinators would take one each: most bodies are a single chunk
    return Stream.fromChannel(
      Channel.fromTransform((_, scope) => Effect.as(Scope.addFinalizer(scope, discard), pull))
    )
  }

  get text(): Effect.Effect<string, HttpClientError.HttpClientError> {
    // what is whole stays as it is
    return this.#body.isOpen ? this.#read(text) : this.#readNow(text)
  }

  get json(): Effect.Effect<Schema.Json, HttpClientError.HttpClientError> {
    return this.#read(json)
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.HttpClientError> {
    // a leading "?" is data of the form, which URLSearchParams would drop
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text.replace(/^\?/, "%3F"))))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.HttpClientError> {
    return Effect.flatMap(this.arrayBuffer, (bytes) =>
      Effect.tryPromise({
        try: () => new globalThis.Response(bytes, { headers: this.headers }).formData(),
        catch: (cause) => Failure.decode(this, cause)
      }))
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.HttpClientError> {
    return this.#read(copy)
  }

  get upgrade(): Effect.Effect<Socket.Socket, HttpClientError.HttpClientError> {
    return Effect.fail(Failure.noUpgrade(this))
  }

  #read<A>(use: (bytes: Buffer) => A): Effect.Effect<A, HttpClientError.HttpClientError> {
    return Effect.suspend(() => this.#readNow(use))
  }

  #readNow<A>(use: (bytes: Buffer) => A): Effect.Effect<A, HttpClientError.HttpClientError> {
    return this.#body.whole(use, (cause) => Failure.decode(this, cause))
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "effect/http/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }

  pipe() {
    return pipeArguments(this, arguments)
  }
}

const headersOf = (source: Fields): Headers.Headers => {
  const headers: Record<string, string> & Headers.Headers = Object.create(prototype)
  // the first is `:status`
  for (let i = 2; i < source.length; i += 2) {
    const name = source[i] ?? ""
    const value = source[i + 1] ?? ""
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value
  }
  return headers
}

/** Setting the prototype of a finished object would cost as much as the rest of the response. */
const prototype = Object.getPrototypeOf(Headers.empty)

const text = (bytes: Buffer): string => {
  const text = bytes.toString()
  return text.startsWith("\uFEFF") ? text.slice(1) : text
}

const json = (bytes: Buffer): Schema.Json => bytes.length === 0 ? null : JSON.parse(text(bytes))

/** The bytes may be part of a larger buffer. */
const copy = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer
