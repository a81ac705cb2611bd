/** Numbers that look random, and are the same in each run. */
export interface Random {
  /** An integer from 0 to below `n`. */
  readonly below: (n: number) => number
  readonly oneOf: <A>(first: A, ...others: ReadonlyArray<A>) => A
  readonly bytes: (n: number) => Buffer
}

/** Mulberry32. */
export const make = (seed: number): Random => {
  const below = (n: number) => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n)
  }
  return {
    below,
    oneOf: (first, ...others) => others[below(others.length + 1) - 1] ?? first,
    bytes: (n) => Buffer.from(Array.from({ length: n }, () => below(256)))
  }
}
