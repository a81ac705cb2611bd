/** Slices that several workers can take in turn. */
export function* slicesOf(tokens: Iterable<string>, size: number): Generator<Array<string>, void, undefined> {
  let slice: Array<string> = []
  for (const token of tokens) {
    slice.push(token)
    if (slice.length < size) continue
    yield slice
    slice = []
  }
  if (slice.length > 0) yield slice
}
