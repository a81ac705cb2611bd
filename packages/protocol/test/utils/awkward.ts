/** Texts that JSON must escape, or that mean something to whoever puts texts together by hand. */
export const awkward: ReadonlyArray<string> = [
  "\"",
  "\\",
  "\"}}",
  "\"]}",
  "a\nb\r\t",
  "\u0000",
  "\u2028\u2029",
  "🎉Ω",
  "\ud800",
  "__proto__",
  "</script>",
  "$&"
]
