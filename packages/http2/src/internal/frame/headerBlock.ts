/**
 * A header block that comes in several frames: HEADERS, and CONTINUATION until one says that it is the last.
 */
import * as Failure from "./failure.ts"

/** The compressed bytes of a block: a list within our limit does not need more. */
export const maxBlockSize = 64 * 1024

/** CONTINUATION frames of a block: an empty one costs as much as a full one (CVE-2024-27316). */
export const maxContinuations = 8

export interface HeaderBlock {
  readonly id: number
  readonly isEnd: boolean
  readonly bytes: Buffer
  readonly continuations: number
}

export const begin = (id: number, isEnd: boolean, bytes: Buffer): HeaderBlock => ({
  id,
  isEnd,
  bytes: Buffer.from(bytes),
  continuations: 0
})

/** Throws an `Http2Error` if it becomes too large. */
export const add = (block: HeaderBlock, bytes: Buffer): HeaderBlock => {
  const continuations = block.continuations + 1
  if (continuations > maxContinuations) throw Failure.calm(`a header block in more than ${maxContinuations} frames`)
  if (block.bytes.length + bytes.length > maxBlockSize) {
    throw Failure.calm(`a header block of more than ${maxBlockSize} bytes`)
  }
  return { ...block, bytes: Buffer.concat([block.bytes, bytes]), continuations }
}
