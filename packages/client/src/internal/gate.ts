/**
 * The gate of a layer: a 429 of the project closes it for every send, first attempts and retries alike.
 */
import * as Duration from "effect/Duration"

/** No send waits so long: what is beyond it is a mistake of the service, which must not shut the layer for good. */
const longest = Duration.days(1)

/** Times are in milliseconds that go on evenly: nobody waits longer because the clock is set. */
export class Gate {
  #openAt = Number.NEGATIVE_INFINITY
  #code = ""

  /** Closes it for so long, a day at most; never opens it earlier. */
  close(now: number, pause: Duration.Duration, code: string): void {
    const openAt = now + Duration.toMillis(Duration.min(pause, longest))
    if (openAt <= this.#openAt) return
    this.#openAt = openAt
    this.#code = code
  }

  /** How long it stays closed; zero: it is open. */
  wait(now: number): number {
    return Math.max(0, this.#openAt - now)
  }

  /** The code of the answer that closed it. */
  get code(): string {
    return this.#code
  }
}
