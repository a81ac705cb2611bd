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
  /** The part of the body that is available and not yet written. */
  unsent: Uint8Array | string | undefined = undefined
  /** The length of `unsent` in bytes. */
  unsentLength = 0
  /** Whether the body ends with `unsent`. */
  isLast = true

  // of the connection

  /** 0 until it is written. */
  id = 0
  isOpen = false
  /** Whether the whole request is written. */
  isSent = false
  sendWindow = 0
  receiveWindow = 0
  /** Bytes that were read, and not yet given back to the server's window. */
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

  /** Bytes of the body, which are valid only during the call. After reading them, call `Connection.take`. */
  abstract onData(bytes: Buffer, start: number, end: number): void

  /** The unsent part was written, and the body may continue. */
  abstract onSent(): void

  /** The response is complete. This is the last event. */
  abstract onEnd(): void

  /** The response failed or is incomplete. This is the last event. */
  abstract onFail(error: Http2Error | Error, mayBeProcessed: boolean): void
}
