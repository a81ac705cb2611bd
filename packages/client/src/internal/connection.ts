/**
 * Options that say where to send. Credentials go where code says: over TLS, or to this machine.
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

const check = (
  option: string,
  value: string,
  isWrong: (value: string) => string | undefined
): Effect.Effect<void, Schema.SchemaError> =>
  Schema.decodeUnknownEffect(Schema.Record(Schema.String, Schema.String.check(Schema.makeFilter<string>(isWrong))))({
    [option]: value
  }).pipe(Effect.asVoid)

/** The origin of the option `url`; a wrong one is a `SchemaError` with the option as its path. */
export const origin = (url: string): Effect.Effect<string, Schema.SchemaError> =>
  Effect.map(check("url", url, (text) => problem(text, true)), () => new URL(url).origin)

/** A full endpoint; a wrong one is a `SchemaError` with the option as its path. */
export const endpoint = (option: "url" | "tokenUrl", url: string): Effect.Effect<string, Schema.SchemaError> =>
  Effect.as(check(option, url, (text) => problem(text, false)), url)

/** A project's id or number; a wrong one, which would change the path of the URL, is a `SchemaError`. */
export const projectId = (id: string): Effect.Effect<string, Schema.SchemaError> =>
  Effect.as(
    check("projectId", id, (text) =>
      /^[a-z0-9:.-]+$/i.test(text) && /[a-z0-9]/i.test(text) ? undefined : "must be the id or number of a project"),
    id
  )

/** What is wrong with an option that came from Config is an error of Config. */
export const fromConfig = (error: Schema.SchemaError): Config.ConfigError => new Config.ConfigError(error)
