/**
 * So many messages in a minute. A quota is refilled whole, a minute after the first message that drew on it ("minutes not
 * clock-aligned": firebase.google.com/docs/cloud-messaging/throttling-and-quotas).
 */
import * as Effect from "effect/Effect"
import * as world from "./world.ts"

export interface Window {
  /** Milliseconds since the epoch. */
  since: number
  used: number
}

const minute = 60_000

/** Takes so much, if anything is left; else tells in how many seconds there is more. */
export const draw = (window: Window, limit: number, amount: number, now: number): number | undefined => {
  if (now - window.since >= minute) Object.assign(window, { since: now, used: 0 })
  if (window.used >= limit) return Math.ceil((window.since + minute - now) / 1000)
  window.used += amount
  return undefined
}

/** The same of a project's quota. It counts messages, not requests, and those that are refused for a fault of theirs. */
export const drawProject = Effect.fnUntraced(function*(id: string, messages: number) {
  const { quota, settings } = yield* world.project(id)
  return draw(quota, settings.quota, messages, yield* world.now)
})
