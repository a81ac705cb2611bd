/**
 * HTTP/2 for many small requests.
 *
 * @since 1.0.0
 */
export * as BoundedResponse from "./BoundedResponse.ts"
export * as Http2Error from "./Http2Error.ts"
export * as RequestNotSent from "./RequestNotSent.ts"
