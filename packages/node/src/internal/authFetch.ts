/**
 * The way to the network for credentials: the application's `HttpClient`, with bounded answers, without redirects and
 * spans. For `google-auth-library` it is a `fetch` that sends credentials only to Google's token services.
 */
import { BodyTooLarge } from "@cloud-messaging/client/BoundedResponse"
import * as OAuth from "@cloud-messaging/protocol/OAuth"
import * as ByteSize from "effect/ByteSize"
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import { constTrue } from "effect/Function"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpMethod from "effect/http/HttpMethod"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

// -----------------------------------------------------------------------------
// One exchange
// -----------------------------------------------------------------------------

/** A whole answer. */
export interface Answer {
  readonly status: number
  readonly headers: { readonly [name: string]: string | undefined }
  readonly text: string
}

/** The answer failed or is incomplete. The message names the host, never the path or the query. */
export class Unanswered extends Data.TaggedError("Unanswered")<{ readonly message: string }> {}

/** The maximum size of an answer. */
const maxBody = ByteSize.mebibytes(4)

/** The application's client. Where it is fetch, it follows no redirect. */
export const quiet = Effect.map(Effect.context<HttpClient.HttpClient>(), (context) => {
  const init: RequestInit = { ...Context.getOrUndefined(context, FetchHttpClient.RequestInit), redirect: "manual" }
  const own = Context.make(FetchHttpClient.RequestInit, init).pipe(
    Context.add(HttpClient.TracerDisabledWhen, constTrue),
    Context.add(HttpIncomingMessage.MaxBodySize, maxBody)
  )
  return HttpClient.transformResponse(Context.get(context, HttpClient.HttpClient), Effect.provideContext(own))
})

/** Asks, and reads the answer. */
export const ask = (
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  timeout: Duration.Duration
): Effect.Effect<Answer, Unanswered> => {
  const { host } = new URL(request.url)
  return client.execute(request).pipe(
    // a client that fails on statuses still has the answer
    Effect.catchReason("HttpClientError", "StatusCodeError", ({ response }) => Effect.succeed(response)),
    Effect.flatMap(({ headers, status, stream }) =>
      stream.pipe(
        Stream.limitBytes<HttpClientError.HttpClientError | BodyTooLarge, never>(maxBody, () => Stream.fail(tooLarge)),
        Stream.decodeText,
        Stream.mkString,
        Effect.catchReason("HttpClientError", "EmptyBodyError", () => Effect.succeed("")),
        Effect.map((text): Answer => ({ status, headers, text }))
      )
    ),
    Effect.timeout(timeout),
    Effect.mapError((error) => new Unanswered({ message: `${host} ${whyOf(error, timeout)}` }))
  )
}

const tooLarge = new BodyTooLarge({ limit: ByteSize.toNumberUnsafe(maxBody) })

const whyOf = (
  error: HttpClientError.HttpClientError | BodyTooLarge | Cause.TimeoutError,
  timeout: Duration.Duration
): string => {
  switch (error._tag) {
    case "TimeoutError":
      return `did not answer within ${Duration.format(timeout)}`
    case "BodyTooLarge":
      return "answered more than 4 MiB"
    case "HttpClientError": {
      const code = codeOf(error.reason.cause)
      return code === undefined ? "cannot be reached" : `cannot be reached (${code})`
    }
  }
}

/** Of the system call that failed, behind the errors of clients. */
const codeOf = (cause: unknown, depth = 3): string | undefined => {
  if (depth === 0) return undefined
  return Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) &&
      /^[A-Z][A-Z0-9_]{0,40}$/.test(cause.code)
    ? cause.code
    : Predicate.hasProperty(cause, "cause")
    ? codeOf(cause.cause, depth - 1)
    : undefined
}

// -----------------------------------------------------------------------------
// Where credentials may go
// -----------------------------------------------------------------------------

/** A region of Google Cloud, as the names of hosts have it. */
const region = "(?:us|eu|[a-z]+-[a-z]+\\d{1,2})"

/** The global host of a service, that for client certificates, those of a region, and Private Service Connect's. */
const hostsOf = (service: string): string =>
  `(?:${service}(?:\\.mtls)?|${service}\\.${region}\\.rep|${region}-${service}|${service}-[a-z0-9-]+\\.p)` +
  "\\.googleapis\\.com"

const sts = new RegExp(`^https://${hostsOf("sts")}/v1(?:beta)?/(?:token|oauthtoken)$`)

const iam = new RegExp(
  `^https://${hostsOf("iamcredentials")}/v1/projects/[^/?#]+/serviceAccounts/[^/?#]+:generateAccessToken$`
)

/** Google's token services, with their paths: `www.googleapis.com` also serves files of customers. */
export type Service = "oauth" | "sts" | "iam"

const serviceOf = (url: string): Service | undefined =>
  OAuth.tokenUris.includes(url) ? "oauth" : sts.test(url) ? "sts" : iam.test(url) ? "iam" : undefined

/** AWS's metadata service: only it receives the session token that it issued. */
const awsMetadata = /^http:\/\/(?:169\.254\.169\.254|\[fd00:ec2::254\])\//

/**
 * A credentials file is untrusted. A subject token may come from any URL, as it is sent only to Google; every request that
 * sends a secret goes only to a known endpoint.
 */
const isAllowed = ({ headers, method, url }: Request): boolean => {
  if (serviceOf(url) !== undefined) return true
  return method === "GET" && !headers.has("x-aws-ec2-metadata-token")
    ? /^https?:/.test(url)
    : (method === "GET" || method === "PUT") && awsMetadata.test(url)
}

// -----------------------------------------------------------------------------
// fetch
// -----------------------------------------------------------------------------

/** The result of the last request: the errors of `google-auth-library` do not have it, and may quote anything. */
export type Fate = Data.TaggedEnum<{
  readonly Forbidden: { readonly to: string }
  readonly Unanswered: { readonly message: string }
  readonly Answered: {
    readonly host: string
    /** None: the server of a subject token. */
    readonly service: Service | undefined
    readonly answer: Answer
    /** What was sent, and is not to be shown. */
    readonly secrets: ReadonlyArray<Redacted.Redacted>
  }
}>

export const Fate = Data.taggedEnum<Fate>()

export interface AuthFetch {
  readonly fetch: typeof fetch
  readonly fate: () => Fate | undefined
}

const timeout = Duration.seconds(15)

/** Its requests end with the scope. */
export const makeFetch = Effect.fnUntraced(
  function*(client: HttpClient.HttpClient): Effect.fn.Return<AuthFetch, never, Scope.Scope> {
    const run = yield* FiberSet.makeRuntimePromise()
    let fate: Fate | undefined
    const settle = (why: Fate) => {
      fate = why
    }
    const send = Effect.fnUntraced(function*(input: Parameters<typeof fetch>[0], init: RequestInit | undefined) {
      // a URL with a password is not a valid request, for example
      const request = Result.getOrUndefined(Result.try(() => new Request(input, init)))
      const host = request === undefined ? "a URL that cannot be used" : new URL(request.url).host
      if (request === undefined || !isAllowed(request)) {
        settle(Fate.Forbidden({ to: host }))
        return yield* Effect.die("forbidden")
      }
      const body = yield* Effect.promise(() => request.text())
      const answer = yield* Effect.tapError(
        ask(client, requestOf(request, body), timeout),
        ({ message }) => Effect.sync(() => settle(Fate.Unanswered({ message })))
      )
      const secrets = secretsOf(request.headers, body)
      settle(Fate.Answered({ host, service: serviceOf(request.url), answer, secrets }))
      return responseOf(answer)
    })
    return { fetch: (input, init) => run(send(input, init)), fate: () => fate }
  }
)

const requestOf = ({ headers, method, url }: Request, body: string): HttpClientRequest.HttpClientRequest => {
  const request = HttpClientRequest.make(HttpMethod.isHttpMethod(method) ? method : "GET")(url, {
    headers: Object.fromEntries(headers)
  })
  return body === "" ? request : HttpClientRequest.bodyText(request, body, headers.get("content-type") ?? undefined)
}

const responseOf = ({ headers, status, text }: Answer): Response =>
  new Response(text === "" ? null : text, { status, headers: { "content-type": headers["content-type"] ?? "" } })

const secretFields = ["assertion", "refresh_token", "client_secret", "subject_token", "actor_token"]

/** No service quotes more. */
const maxSecret = 16_384

const secretsOf = (headers: Headers, body: string): ReadonlyArray<Redacted.Redacted> => {
  const form = new URLSearchParams(body)
  const [, scheme = "", credential = ""] = /^(\S+) (.*)$/.exec(headers.get("authorization") ?? "") ?? []
  const secrets = [
    ...secretFields.flatMap((field) => form.getAll(field)),
    credential,
    scheme.toLowerCase() === "basic" ? Buffer.from(credential, "base64").toString() : ""
  ]
  return secrets.filter((secret) => secret !== "").map((secret) => Redacted.make(secret.slice(0, maxSecret)))
}
