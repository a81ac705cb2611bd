/**
 * The gate of a layer: a 429 of the project closes it for every send, first attempts and retries alike.
 */
import * as Duration from "effect/Duration"

export class Gate {
  #openAt = 0
  #code = ""

  /** Closes it until then (milliseconds since the epoch); never opens it earlier. */
  close(openAt: number, code: string): void {
    if (openAt <= this.#openAt) return
    this.#openAt = openAt
    this.#code = code
  }

  /** How long it stays closed; zero: it is open. */
  wait(now: number): Duration.Duration {
    return Duration.millis(Math.max(0, this.#openAt - now))
  }

  /** The code of the answer that closed it. */
  get code(): string {
    return this.#code
  }
}
