/**
 * Credentials go where code says: over TLS, or to this machine.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname)

const problem = (text: string, originOnly: boolean): string | undefined => {
  if (!URL.canParse(text)) return "must be a URL"
  const url = new URL(text)
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    return "must be https, or http on loopback"
  }
  if (url.username !== "" || url.password !== "") return "must hold no user name and no password"
  if (originOnly && (url.pathname !== "/" || url.search !== "" || url.hash !== "")) {
    return "must be an origin such as https://fcm.googleapis.com, without a path"
  }
  return undefined
}

const check = (option: string, url: string, originOnly: boolean): Effect.Effect<void, Schema.SchemaError> =>
  Schema.decodeUnknownEffect(Schema.Record(
    Schema.String,
    Schema.String.check(Schema.makeFilter<string>((text) => problem(text, originOnly)))
  ))({ [option]: url }).pipe(Effect.asVoid)

/** The origin of the option `url`; a wrong one is a `SchemaError` with the option as its path. */
export const origin = (url: string): Effect.Effect<string, Schema.SchemaError> =>
  Effect.map(check("url", url, true), () => new URL(url).origin)

/** A full endpoint; a wrong one is a `SchemaError` with the option as its path. */
export const endpoint = (option: "url" | "tokenUrl", url: string): Effect.Effect<string, Schema.SchemaError> =>
  Effect.as(check(option, url, false), url)

/** What is wrong with a URL that came from Config is an error of Config. */
export const fromConfig = (error: Schema.SchemaError): Config.ConfigError => new Config.ConfigError(error)
