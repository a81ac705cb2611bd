/**
 * The body of a response while it arrives: bytes that wait for their reader, at most the stream's window.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Pull from "effect/Pull"
import { BodyTooLarge } from "../../BoundedResponse.ts"
import { Chunks, type NonEmpty } from "./chunks.ts"

/** The source of the bytes. */
export interface Source {
  /** Bytes were read: the server may send as many more. */
  take(bytes: number): void
  /** Nobody wants the rest. */
  discard(): void
}

type State = "open" | "ended" | { readonly cause: unknown }

/** A class, as it is part of each response. */
export class Incoming {
  readonly #source: Source
  readonly #limit: number
  readonly #chunks = new Chunks()
  #state: State = "open"
  #received = 0
  #isStreamed = false
  /** The fiber that waits for the end. */
  #endReaders: ReadonlyArray<() => void> = none
  /** The fiber that waits for the next bytes. */
  #nextReader: (() => void) | undefined = undefined

  /** Fails when more than `limit` bytes come. */
  constructor(source: Source, limit: number) {
    this.#source = source
    this.#limit = limit
  }

  /** Whether more may come. */
  get isOpen(): boolean {
    return this.#state === "open"
  }

  push(bytes: Buffer, start: number, end: number): void {
    if (this.#state !== "open") return
    this.#received += end - start
    if (this.#received > this.#limit) {
      this.fail(new BodyTooLarge({ limit: this.#limit }))
      return this.#source.discard()
    }
    this.#chunks.push(bytes, start, end)
    if (this.#endReaders.length > 0) this.#source.take(end - start)
    this.#tell()
  }

  end(): void {
    this.#settle("ended")
  }

  fail(cause: unknown): void {
    this.#settle({ cause })
  }

  /** The result of `use` for the whole body. The body may be read again. */
  whole<A, E>(use: (bytes: Buffer) => A, error: (cause: unknown) => E): Effect.Effect<A, E> {
    if (this.#isStreamed) return Effect.fail(error("the body was read as a stream"))
    if (this.#state !== "open") return this.#whole(use, error)
    return Effect.callback<A, E>((resume) => {
      const reader = () => resume(this.#whole(use, error))
      const isFirst = this.#endReaders.length === 0
      this.#endReaders = [...this.#endReaders, reader]
      if (isFirst) this.#source.take(this.#chunks.length)
      return Effect.sync(() => {
        this.#endReaders = this.#endReaders.filter((other) => other !== reader)
        if (this.#endReaders.length === 0) this.discard()
      })
    })
  }

  /** The next bytes. They are removed for every other reader. */
  pull<E>(error: (cause: unknown) => E): Pull.Pull<NonEmpty, E> {
    this.#isStreamed = true
    return this.#next(error) ?? Effect.callback<NonEmpty, E | Cause.Done>((resume) => {
      this.#nextReader = () => {
        const next = this.#next(error)
        if (next !== undefined) resume(next)
      }
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
    this.#endReaders.forEach((reader) => reader())
  }

  /** The callback may read again immediately. */
  #tell(): void {
    const reader = this.#nextReader
    this.#nextReader = undefined
    reader?.()
  }

  #whole<A, E>(use: (bytes: Buffer) => A, error: (cause: unknown) => E): Exit.Exit<A, E> {
    if (this.#state !== "ended") return Exit.fail(error(this.#state === "open" ? undefined : this.#state.cause))
    try {
      return Exit.succeed(use(this.#chunks.whole()))
    } catch (cause) {
      return Exit.fail(error(cause))
    }
  }

  #next<E>(error: (cause: unknown) => E): Pull.Pull<NonEmpty, E> | undefined {
    const bytes = this.#chunks.length
    const chunks = this.#chunks.take()
    if (chunks !== undefined) {
      this.#source.take(bytes)
      return Effect.succeed(chunks)
    }
    if (this.#state === "open") return undefined
    return this.#state === "ended" ? Cause.done() : Effect.fail(error(this.#state.cause))
  }
}

const none: ReadonlyArray<() => void> = []
