/**
 * HTTP/2 for many small requests.
 *
 * @since 1.0.0
 */
export * as BoundedResponse from "./BoundedResponse.ts"
export * as Http1Only from "./Http1Only.ts"
export * as Http2Client from "./Http2Client.ts"
export * as Http2Error from "./Http2Error.ts"
export * as RequestNotSent from "./RequestNotSent.ts"
