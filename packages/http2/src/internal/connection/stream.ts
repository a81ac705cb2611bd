/**
 * A request and its response on a connection.
 */
import type { Http2Error } from "../../Http2Error.ts"
import type { Fields } from "../hpack/fields.ts"
import * as Limits from "./limits.ts"

/** How many bytes of the body are still to come; -1 if the response does not say. */
export const unknownLength = -1

/**
 * The exchange extends this class, so that a request is one object with its whole state.
 */
export abstract class Stream {
  // of the request

  /** Pseudo-header fields first. */
  fields: Fields = []
  /** Whether the response has no content, whatever its fields say: to HEAD. */
  isHead = false
  /** What of the body is there and not yet written. */
  unsent: Uint8Array | string | undefined = undefined
  /** The length of `unsent` in bytes. */
  unsentLength = 0
  /** Whether the body ends with `unsent`. */
  isLast = true

  // of the connection

  /** 0 until it is written. */
  id = 0
  isOpen = false
  /** Whether the request is written whole. */
  isSent = false
  sendWindow = 0
  receiveWindow = 0
  /** Bytes that were taken, and of which the server was not told. */
  untold = 0
  /** Whether the response began, informational ones aside. */
  hasHeaders = false
  contentLeft = unknownLength
  /** Whether its body did not move since this was set. */
  isStalled = false

  /** As before the first time it is opened. */
  renew(): void {
    this.id = 0
    this.isOpen = true
    this.isSent = false
    this.receiveWindow = Limits.streamWindow
    this.untold = 0
    this.hasHeaders = false
    this.contentLeft = unknownLength
    this.isStalled = false
  }

  /** The response began. */
  abstract onHeaders(status: number, fields: Fields): void

  /** Bytes of the body, there during the call alone. What is done with them, `Connection.take` is told. */
  abstract onData(bytes: Buffer, start: number, end: number): void

  /** What was unsent is on its way, and the body may go on. */
  abstract onSent(): void

  /** The response is whole. The last that it hears. */
  abstract onEnd(): void

  /** There is no response, or not all of it. The last that it hears. */
  abstract onFail(error: Http2Error | Error, mayBeProcessed: boolean): void
}
