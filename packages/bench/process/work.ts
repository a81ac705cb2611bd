/** The work, which is the same for all: a message of 310 bytes with its token, an access token of 1024. */
import { Buffer } from "node:buffer"

const notification = { title: "Goal!", body: "FC Example 2 : 1 Sport Club" } as const

const data = { match: "20417", minute: "90+4" } as const

/** What all clients are told to send. */
export const message = { notification, data } as const

export const accessToken = `ya29.${"a".repeat(1019)}`

/** Different tokens that a process has: recipients beyond them come again. */
const distinct = 24_000

const tokenLength = 152

/** Tokens are made before the clock starts, and are few enough to weigh little. */
export const tokensOf = (run: string) => {
  const made = Array.from({ length: distinct }, (_, i) =>
    // a string that was put together becomes one piece
    Buffer.from(`${run}-${i}:${"T".repeat(tokenLength)}`.slice(0, tokenLength)).toString())
  let next = 0
  return function*(count: number): Generator<string, void, undefined> {
    for (let i = 0; i < count; i++) {
      yield made[next] ?? ""
      next = (next + 1) % distinct
    }
  }
}
