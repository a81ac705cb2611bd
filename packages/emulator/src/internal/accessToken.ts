/**
 * Access tokens, as the token endpoint gives them.
 */
import * as Effect from "effect/Effect"
import * as world from "./world.ts"

/** Makes an access token that is valid for so many seconds. It says itself until when, so that none need be kept. */
export const issue = Effect.fnUntraced(function*(seconds: number) {
  const { counters } = yield* world.World
  return `emulator-access-token-${++counters.tokens}-${(yield* world.now) + seconds * 1000}`
})

/**
 * Whether a bearer token lets in: one that is not expired, also if it was issued by an emulator that was here before, or
 * `owner`, as with Firebase's emulators.
 */
export const isValid = Effect.fnUntraced(function*(token: string) {
  const [, expiry] = /^emulator-access-token-\d+-(\d+)$/.exec(token) ?? []
  return token === "owner" || Number(expiry) > (yield* world.now)
})
