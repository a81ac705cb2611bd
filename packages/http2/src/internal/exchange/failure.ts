/**
 * How a request fails.
 */
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { Http2Error } from "../../Http2Error.ts"
import { RequestNotSent } from "../../RequestNotSent.ts"

type Request = HttpClientRequest.HttpClientRequest

const because = (reason: HttpClientError.HttpClientErrorReason) => new HttpClientError.HttpClientError({ reason })

/** Why the server cannot have acted on a request. */
export interface Why {
  /** Shown to users: it quotes nothing of the request. */
  readonly reason?: string | undefined
  readonly retryable?: boolean | undefined
  readonly cause?: unknown
}

/** Texts of this package's own errors are shown. */
export const whyOf = (cause: unknown): Why => cause instanceof Http2Error ? { cause, reason: cause.message } : { cause }

/** The scope of the client has ended. */
export const closed: Why = { reason: "the client is closed", retryable: false }

/** The server cannot have acted on the request. */
export const notSent = (request: Request, why: Why) =>
  because(new HttpClientError.TransportError({ request, cause: new RequestNotSent(why) }))

/** The request was written, and nothing came back. */
export const lost = (request: Request, cause: unknown) =>
  because(new HttpClientError.TransportError({ request, cause }))

/** The body of the request could not be made. */
export const encode = (request: Request, cause: unknown) => because(new HttpClientError.EncodeError({ request, cause }))

/** The body of the response could not be read. */
export const decode = (response: HttpClientResponse.HttpClientResponse, cause: unknown) =>
  because(new HttpClientError.DecodeError({ request: response.request, response, cause }))

export const invalidUrl = (request: Request, cause: unknown) =>
  because(new HttpClientError.InvalidUrlError({ request, cause }))

/** The server did not answer 101, which HTTP/2 does not have. */
export const noUpgrade = (response: HttpClientResponse.HttpClientResponse) =>
  because(
    new HttpClientError.StatusCodeError({
      request: response.request,
      response,
      description: "expected 101 Switching Protocols"
    })
  )
