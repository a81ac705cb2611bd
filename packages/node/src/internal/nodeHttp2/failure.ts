/**
 * How an exchange fails.
 */
import { RequestNotSent } from "@cloud-messaging/client/RequestNotSent"
import { Http1Only } from "@cloud-messaging/http2/Http1Only"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"

export type Request = HttpClientRequest.HttpClientRequest

const because = (reason: HttpClientError.HttpClientErrorReason) => new HttpClientError.HttpClientError({ reason })

/** The server cannot have acted on the request. The reason is shown to users. */
export const notSent = (request: Request, cause: unknown, reason?: string) =>
  because(new HttpClientError.TransportError({ request, cause: new RequestNotSent({ cause, reason }) }))

/** The scope of the client has ended. */
export const closed = (request: Request) =>
  because(
    new HttpClientError.TransportError({
      request,
      cause: new RequestNotSent({ reason: "the client is closed", retryable: false })
    })
  )

/** The server speaks no HTTP/2, or the request is for HTTP/1.1. */
export const http1Only = (request: Request, origin: string) => notSent(request, new Http1Only({ origin }))

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

/** The server answered anything but 101, which HTTP/2 does not have. */
export const noUpgrade = (response: HttpClientResponse.HttpClientResponse) =>
  because(
    new HttpClientError.StatusCodeError({
      request: response.request,
      response,
      description: "expected 101 Switching Protocols"
    })
  )
