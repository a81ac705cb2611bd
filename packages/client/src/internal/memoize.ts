/**
 * Values that are made once.
 */

/** Makes a value once for each key, and keeps it as long as the key is used. */
export const memoizeWeak = <K extends object, V>(make: (key: K) => V): (key: K) => V => {
  const made = new WeakMap<K, V>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}

/** Keeps the last value, for keys that come many times in a row. */
export const memoizeLast = <K, V>(make: (key: K) => V): (key: K) => V => {
  let last: { readonly key: K; readonly value: V } | undefined
  return (key) => {
    if (last === undefined || last.key !== key) last = { key, value: make(key) }
    return last.value
  }
}

/** Makes a value when it is first asked for. */
export const lazily = <A>(make: () => A): () => A => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: make() }).value
}
