/**
 * Names with wildcards: `*` stands for any text, `?` for any character. (`effect/Glob` is for paths: its `*` ends at a slash,
 * and brackets and braces mean something.)
 */

/** Whether a name is one of those. It takes time in proportion to both lengths, whatever the pattern. */
export const matches = (pattern: string, name: string): boolean => {
  let [p, n, star, resume] = [0, 0, -1, 0]
  while (n < name.length) {
    if (pattern[p] === "*") [star, resume] = [p++, n]
    else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === name[n])) [p, n] = [p + 1, n + 1]
    else if (star === -1) return false
    else [p, n] = [star + 1, ++resume]
  }
  while (pattern[p] === "*") p++
  return p === pattern.length
}
