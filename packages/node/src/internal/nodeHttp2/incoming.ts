/**
 * The body of a response as it comes in: bytes that wait for their reader, never more than the stream's window.
 */
import { BodyTooLarge } from "@cloud-messaging/client/BoundedResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
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

type Chunks = [Buffer, ...Array<Buffer>]

/** Bytes that wait unread before the source is paused: what a window of HTTP/2 has to begin with. */
const maxWaiting = 65_535

type State = "open" | "ended" | { readonly cause: unknown }

export class Incoming {
  #state: State = "open"
  #chunks: Array<Buffer> = []
  #waiting = 0
  #received = 0
  #isPaused = false
  #isStreamed = false
  /** Who waits for the end. */
  #endReaders: Array<() => void> | undefined = undefined
  /** Who waits for the next bytes. */
  #nextReader: (() => void) | undefined = undefined
  readonly #source: Source
  readonly #limit: number

  /** Fails when more than `limit` bytes come. */
  constructor(source: Source, limit: number) {
    this.#source = source
    this.#limit = limit
  }

  /** Whether more may come. */
  get isOpen(): boolean {
    return this.#state === "open"
  }

  get received(): number {
    return this.#received
  }

  push(chunk: Buffer): void {
    if (this.#state !== "open") return
    this.#received += chunk.length
    if (this.#received > this.#limit) {
      this.fail(new BodyTooLarge({ limit: this.#limit }))
      return this.#source.discard()
    }
    // mostly it is the only one, and an array that grows has room for many
    if (this.#chunks.length === 0) this.#chunks = [chunk]
    else this.#chunks.push(chunk)
    this.#waiting += chunk.length
    this.#tell()
    if (this.#waiting > maxWaiting && this.#endReaders === undefined && !this.#isPaused) {
      this.#isPaused = true
      this.#source.pause()
    }
  }

  end(): void {
    this.#settle("ended")
  }

  fail(cause: unknown): void {
    this.#settle({ cause })
  }

  /** What `use` makes of all bytes, once they are here. May be read again. */
  whole<A, E>(use: (bytes: Buffer) => A, error: (cause: unknown) => E): Effect.Effect<A, E> {
    if (this.#isStreamed) return Effect.fail(error("the body was read as a stream"))
    if (this.#state !== "open") return this.#whole(use, error)
    return Effect.callback<A, E>((resume) => {
      const reader = () => resume(this.#whole(use, error))
      this.#endReaders = [...this.#endReaders ?? [], reader]
      this.#unpause()
      return Effect.sync(() => {
        this.#endReaders = this.#endReaders?.filter((other) => other !== reader)
        if (this.#endReaders?.length === 0) this.discard()
      })
    })
  }

  /** The next bytes. What was taken is gone for every other reader. */
  pull<E>(error: (cause: unknown) => E): Pull.Pull<Chunks, E> {
    this.#isStreamed = true
    return this.#next(error) ?? Effect.callback<Chunks, E | Cause.Done>((resume) => {
      this.#nextReader = () => {
        const next = this.#next(error)
        if (next !== undefined) resume(next)
      }
      this.#unpause()
      return Effect.sync(() => {
        this.#nextReader = undefined
        this.discard()
      })
    })
  }

  /** Nobody wants the rest. */
  discard(): void {
    if (this.#state === "open") this.#source.discard()
  }

  #settle(state: State): void {
    if (this.#state !== "open") return
    this.#state = state
    this.#tell()
    this.#endReaders?.forEach((reader) => reader())
  }

  /** Who is told may come back at once, for more. */
  #tell(): void {
    const reader = this.#nextReader
    this.#nextReader = undefined
    reader?.()
  }

  #unpause(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#source.resume()
  }

  #whole<A, E>(use: (bytes: Buffer) => A, error: (cause: unknown) => E): Exit.Exit<A, E> {
    if (this.#state !== "ended") return Exit.fail(error(this.#state === "open" ? undefined : this.#state.cause))
    // mostly it came in one frame
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#waiting)]
    try {
      return Exit.succeed(use(this.#chunks[0] ?? empty))
    } catch (cause) {
      return Exit.fail(error(cause))
    }
  }

  #next<E>(error: (cause: unknown) => E): Pull.Pull<Chunks, E> | undefined {
    const [first, ...rest] = this.#chunks
    if (first !== undefined) {
      this.#chunks = []
      this.#waiting = 0
      return Effect.succeed<Chunks>([first, ...rest])
    }
    if (this.#state === "open") return undefined
    return this.#state === "ended" ? Cause.done() : Effect.fail(error(this.#state.cause))
  }
}

const empty = Buffer.alloc(0)
