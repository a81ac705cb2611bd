/**
 * Limits the rate of events that are harmless when they are rare, and an attack when there are many.
 */
export interface Allowance {
  /** How many at once. */
  readonly burst: number
  /** How many on average. */
  readonly perSecond: number
}

/** A class, as it counts every frame: it reads the clock only when the budget is spent. */
export class Budget {
  readonly #allowance: Allowance
  readonly #now: () => number
  #left: number
  #refilledAt: number

  /** `now` in milliseconds. */
  constructor(allowance: Allowance, now: () => number) {
    this.#allowance = allowance
    this.#now = now
    this.#left = allowance.burst
    this.#refilledAt = now()
  }

  /** Whether the budget was not yet spent. */
  spend(): boolean {
    if (this.#left < 1) this.#refill()
    if (this.#left < 1) return false
    this.#left--
    return true
  }

  earn(count: number): void {
    this.#left = Math.min(this.#allowance.burst, this.#left + count)
  }

  #refill(): void {
    const now = this.#now()
    this.earn((now - this.#refilledAt) / 1000 * this.#allowance.perSecond)
    this.#refilledAt = now
  }
}
