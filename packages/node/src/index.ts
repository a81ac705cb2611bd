/**
 * What Cloud Messaging needs of Node: HTTP/2, and Google's application default credentials.
 *
 * @since 1.0.0
 */
export * as GoogleAuth from "./GoogleAuth.ts"
export * as Http2Client from "./Http2Client.ts"
