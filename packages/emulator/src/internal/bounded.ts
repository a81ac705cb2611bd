/**
 * Maps that do not grow without end. A `Map` keeps the order in which its keys were put.
 */

/** Puts a value behind all others; the first makes room if there are too many. */
export const put = <K, V>(map: Map<K, V>, key: K, value: V, max: number): void => {
  map.delete(key)
  map.set(key, value)
  if (map.size > max) shift(map)
}

/** Puts a value behind all others; if there are too many, the first of the owner who has the most makes room. */
export const putOwned = <V extends { readonly project?: string | undefined }>(
  map: Map<string, V>,
  key: string,
  value: V,
  max: number
): void => {
  map.delete(key)
  map.set(key, value)
  if (map.size <= max) return
  const owned = new Map<string | undefined, Map<string, V>>()
  for (const [key, value] of map) owned.set(value.project, (owned.get(value.project) ?? new Map()).set(key, value))
  const most = Array.from(owned.values()).reduce((a, b) => b.size > a.size ? b : a)
  const [first = key] = most.keys()
  map.delete(first)
}

/** Takes the first value out, if there is one. */
const shift = <K, V>(map: Map<K, V>): ReadonlyArray<V> => {
  for (const [key, value] of map) {
    map.delete(key)
    return [value]
  }
  return []
}

/** What is too much in many maps, of the largest of them first: who has little loses nothing to who has much. */
export const surplus = <V>(maps: ReadonlyArray<Map<unknown, V>>, max: number): ReadonlyArray<V> => {
  const removed: Array<V> = []
  for (let size = maps.reduce((sum, map) => sum + map.size, 0); size > max; size--) {
    const largest = maps.reduce((a, b) => b.size > a.size ? b : a)
    removed.push(...shift(largest))
  }
  return removed
}
