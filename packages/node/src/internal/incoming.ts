/**
 * The body of a response as it comes in: bytes that wait for their reader, never more than the stream's window.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"

/** What brings the bytes. */
export interface Source {
  /** Stops the bytes for now. */
  pause(): void
  /** Lets them come again. */
  resume(): void
  /** Nobody wants the rest. */
  discard(): void
}

export type Chunks = [Buffer, ...Array<Buffer>]

/** Bytes that wait unread before the source is paused: what a window of HTTP/2 has to begin with. */
const maxWaiting = 65_535

type State = "open" | "ended" | { readonly cause: unknown }

/** A reader is told of what is new, and says whether that is all it wanted. */
type Reader = () => boolean

export class Incoming {
  #state: State = "open"
  #chunks: Array<Buffer> = []
  #waiting = 0
  #received = 0
  #paused = false
  #streamed = false
  #readers: Array<Reader> = []
  readonly #source: Source
  readonly #limit: number

  /** Fails when more than `limit` bytes come. */
  constructor(source: Source, limit: number) {
    this.#source = source
    this.#limit = limit
  }

  get received(): number {
    return this.#received
  }

  push(chunk: Buffer): void {
    if (this.#state !== "open") return
    this.#received += chunk.length
    if (this.#received > this.#limit) {
      this.fail(`the body is larger than ${this.#limit} bytes`)
      return this.#source.discard()
    }
    this.#chunks.push(chunk)
    this.#waiting += chunk.length
    this.#tell()
    if (this.#waiting > maxWaiting && this.#readers.length === 0 && !this.#paused) {
      this.#paused = true
      this.#source.pause()
    }
  }

  end(): void {
    this.#settle("ended")
  }

  fail(cause: unknown): void {
    this.#settle({ cause })
  }

  /** All bytes, once they are here. May be read again. */
  bytes(): Effect.Effect<Buffer, unknown> {
    if (this.#streamed) return Effect.fail("the body was read as a stream")
    return this.#whole() ?? Effect.callback<Buffer, unknown>((resume) =>
      this.#read(() => {
        const whole = this.#whole()
        if (whole !== undefined) resume(whole)
        return whole !== undefined
      })
    )
  }

  /** The next bytes. What was taken is gone for every other reader. */
  pull(): Pull.Pull<Chunks, unknown> {
    this.#streamed = true
    return this.#next() ?? Effect.callback<Chunks, unknown | Cause.Done>((resume) =>
      this.#read(() => {
        const next = this.#next()
        if (next !== undefined) resume(next)
        return next !== undefined
      })
    )
  }

  /** Nobody wants the rest. */
  discard(): void {
    if (this.#state === "open") this.#source.discard()
  }

  #settle(state: State): void {
    if (this.#state !== "open") return
    this.#state = state
    this.#tell()
  }

  #tell(): void {
    const readers = this.#readers
    if (readers.length === 0) return
    // who is told may come back at once, for more
    this.#readers = []
    for (const reader of readers) if (!reader()) this.#readers.push(reader)
  }

  /** Waits as a reader; who stops waiting does not want the rest. */
  #read(reader: Reader): Effect.Effect<void> {
    this.#readers.push(reader)
    if (this.#paused) {
      this.#paused = false
      this.#source.resume()
    }
    return Effect.sync(() => {
      this.#readers = this.#readers.filter((other) => other !== reader)
      if (this.#readers.length === 0) this.discard()
    })
  }

  #whole(): Effect.Effect<Buffer, unknown> | undefined {
    if (this.#state === "open") return undefined
    if (this.#state !== "ended") return Effect.fail(this.#state.cause)
    // mostly it came in one frame
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#waiting)]
    return Effect.succeed(this.#chunks[0] ?? empty)
  }

  #next(): Pull.Pull<Chunks, unknown> | undefined {
    const [first, ...rest] = this.#chunks
    if (first !== undefined) {
      this.#chunks = []
      this.#waiting = 0
      return Effect.succeed<Chunks>([first, ...rest])
    }
    if (this.#state === "open") return undefined
    return this.#state === "ended" ? Cause.done() : Effect.fail(this.#state.cause)
  }
}

const empty = Buffer.alloc(0)
