/**
 * `FIREBASE_MESSAGING_EMULATOR_HOST=host:port`: send there, over plain HTTP, as `owner`.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { AccessToken } from "../AccessToken.ts"

const HostPort = Schema.String.check(Schema.makeFilter<string>(
  (text) => text === "" || (/^[^/\\@?#\s]+:\d+$/.test(text) && URL.canParse(`http://${text}`)),
  { expected: "host:port" }
))

/** The emulator's origin, if one is set. */
export const origin: Config.Config<Option.Option<string>> = Config.schema(
  HostPort,
  "FIREBASE_MESSAGING_EMULATOR_HOST"
).pipe(
  Config.option,
  Config.map(Option.filter((host) => host !== "")),
  Config.map(Option.map((host) => `http://${host}`))
)

/** The bearer token and the API key that every emulator takes. */
export const owner: Redacted.Redacted = Redacted.make("owner")

/** Access tokens for the emulator: no key is read, and no real token made. */
export const accessToken: AccessToken["Service"] = { get: Effect.succeed(owner), invalidate: () => Effect.void }
