/**
 * Who may use the control API: pages of other sites never, and beyond this machine who has the token.
 *
 * A browser does what any page asks of it. A page of another site must not change anything (so changes need this origin,
 * and JSON, which no form sends and no page may send elsewhere unasked), nor may one whose name was made to point here
 * (so the Host is looked at). No CORS header is ever given.
 */
import * as ByteSize from "effect/ByteSize"
import * as Mac from "effect/crypto/Mac"
import * as Effect from "effect/Effect"
import * as HttpApiError from "effect/http-api/HttpApiError"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Api from "../EmulatorApi.ts"
import * as RequestJson from "./requestJson.ts"

/** What the guard goes by. */
export interface Settings {
  /** Where the server listens. */
  readonly host: string
  /** By which other names it is reached. */
  readonly hostNames: ReadonlyArray<string>
  readonly token: Redacted.Redacted | undefined
}

// -----------------------------------------------------------------------------
// Hosts
// -----------------------------------------------------------------------------

const addressOf = (hostname: string) => Result.getSuccess(NetAddress.ipFromString(hostname.replace(/^\[(.*)\]$/, "$1")))

/** Whether only this machine reaches it. */
export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || Option.exists(addressOf(hostname), NetAddress.isLoopback)

/** The name in a `Host` header, in lower case. */
const hostnameOf = (host: string | undefined): Option.Option<string> =>
  host !== undefined && /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`)
    ? Option.some(new URL(`http://${host}`).hostname)
    : Option.none()

/** An address cannot be made to point elsewhere, as a name can: where the machine has many, any is its own. */
const isOwn = ({ host, hostNames }: Settings) => {
  const names = new Set([host, ...hostNames].map((name) => name.toLowerCase()))
  const isWide = !isLoopback(host)
  return (hostname: string): boolean =>
    isLoopback(hostname) || names.has(hostname) || (isWide && Option.isSome(addressOf(hostname)))
}

// -----------------------------------------------------------------------------
// Requests
// -----------------------------------------------------------------------------

/** A browser tells from which site a request comes; other clients say neither. */
const isSameOrigin = ({ headers }: HttpServerRequest.HttpServerRequest): boolean => {
  const site = headers["sec-fetch-site"] ?? "none"
  const origin = headers["origin"]
  return (site === "same-origin" || site === "none") &&
    (origin === undefined || URL.canParse(origin) && new URL(origin).host === headers["host"]?.toLowerCase())
}

const isJson = ({ headers }: HttpServerRequest.HttpServerRequest): boolean =>
  /^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")

const isChange = ({ method }: HttpServerRequest.HttpServerRequest): boolean => method !== "GET" && method !== "HEAD"

const isToken = (token: Redacted.Redacted | undefined) => {
  if (token === undefined) return () => true
  const bytes = (text: Redacted.Redacted) => new TextEncoder().encode(Redacted.value(text))
  return (credential: Redacted.Redacted): boolean => Mac.timingSafeEqual(bytes(token), bytes(credential))
}

/** The most that a body may have: a state with all the messages that are kept by default. */
const maxBody = ByteSize.mebibytes(64)

/** Reads the body, which the request keeps, before anything else does. */
const checkBody = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
  const text = yield* request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, maxBody),
    Effect.mapError(({ reason }) =>
      reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
        ? new Api.TooLarge({ message: `A body may have ${maxBody} bytes` })
        : invalid("the body could not be read")
    )
  )
  const json = text === "" ? Result.succeed(undefined) : RequestJson.parse(text)
  if (Result.isFailure(json)) return yield* invalid(json.failure)
})

// -----------------------------------------------------------------------------
// Wrong requests
// -----------------------------------------------------------------------------

const invalid = (message: string) => new Api.InvalidRequest({ issues: [{ path: "body", message }] })

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const parts: { readonly [Kind in HttpApiError.HttpApiSchemaError["kind"]]?: string } = {
  Payload: "body",
  Query: "query",
  Params: "path",
  Headers: "headers"
}

/** The maximum number of reported issues. */
const maxIssues = 100

/** What of a request is wrong, as `body.devices[0].token`; `undefined`: nothing, it is the answer. */
const toInvalidRequest = ({ cause, kind }: HttpApiError.HttpApiSchemaError) => {
  const part = parts[kind]
  return part === undefined ? undefined : new Api.InvalidRequest({
    issues: formatIssues(cause.issue).issues.slice(0, maxIssues).map(({ message, path = [] }) => ({
      path: path.map((key) => typeof key === "object" ? key.key : key).reduce<string>(
        (before, key) => typeof key === "number" ? `${before}[${key}]` : `${before}.${String(key)}`,
        part
      ),
      message
    }))
  })
}

// -----------------------------------------------------------------------------
// The guard
// -----------------------------------------------------------------------------

/** Answers who asks by a name that is not the server's own. */
export const ownHost = (settings: Settings) => {
  const isOwnName = isOwn(settings)
  return <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.flatMap(
      HttpServerRequest.HttpServerRequest,
      ({ headers }) =>
        Option.exists(hostnameOf(headers["host"]), isOwnName)
          ? app
          : Effect.succeed(wrongHost)
    )
}

const wrongHost = HttpServerResponse.jsonUnsafe(
  { _tag: "WrongHost", message: "The control API answers to the names of this server; --host-name adds one" },
  { status: 421 }
)

/** Asks for the token, if the server has one. */
export const layerToken = ({ token }: Settings): Layer.Layer<Api.Token> => {
  const isRight = isToken(token)
  return Layer.succeed(Api.Token, {
    token: (handler, { credential }) =>
      isRight(credential)
        ? handler
        : Effect.fail(new Api.Unauthorized({ message: "This server wants its token: authorization: Bearer <token>" }))
  })
}

/** Refuses what pages of other sites could send, and tells what is wrong with the rest. */
export const layerGuard: Layer.Layer<Api.Guard> = Layer.succeed(
  Api.Guard,
  Effect.fnUntraced(
    function*(handler) {
      const request = yield* HttpServerRequest.HttpServerRequest
      if (!isChange(request)) return yield* handler
      if (!isSameOrigin(request)) {
        return yield* new Api.CrossOrigin({ message: "Pages of other sites may change nothing" })
      }
      if (!isJson(request)) {
        return yield* new Api.NotJson({ message: "A change needs the header content-type: application/json" })
      }
      yield* checkBody(request)
      return yield* handler
    },
    Effect.mapError((error) => HttpApiError.HttpApiSchemaError.is(error) ? toInvalidRequest(error) ?? error : error)
  )
)
