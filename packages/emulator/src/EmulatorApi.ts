/**
 * The emulator's control API over HTTP, under `/emulator/v1`: what `EmulatorServer` answers, and `EmulatorClient` asks.
 *
 * @since 1.0.0
 */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as Schema from "effect/Schema"

// -----------------------------------------------------------------------------
// Errors
// -----------------------------------------------------------------------------

const text = { message: Schema.String }

/**
 * 421: the `Host` of the request is none of the server's own, as where the name of a page was made to point to it.
 *
 * @category errors
 * @since 1.0.0
 */
export class WrongHost
  extends Schema.TaggedError<WrongHost>("@cloud-messaging/emulator/EmulatorApi/WrongHost")("WrongHost", text, {
    httpApiStatus: 421
  })
{}

/**
 * 403: a change that a page of another site asks for.
 *
 * @category errors
 * @since 1.0.0
 */
export class CrossOrigin
  extends Schema.TaggedError<CrossOrigin>("@cloud-messaging/emulator/EmulatorApi/CrossOrigin")("CrossOrigin", text, {
    httpApiStatus: 403
  })
{}

/**
 * 415: a change without `content-type: application/json`.
 *
 * @category errors
 * @since 1.0.0
 */
export class NotJson
  extends Schema.TaggedError<NotJson>("@cloud-messaging/emulator/EmulatorApi/NotJson")("NotJson", text, {
    httpApiStatus: 415
  })
{}

/**
 * 413: a body of more than 64 MiB.
 *
 * @category errors
 * @since 1.0.0
 */
export class TooLarge
  extends Schema.TaggedError<TooLarge>("@cloud-messaging/emulator/EmulatorApi/TooLarge")("TooLarge", text, {
    httpApiStatus: 413
  })
{}

/**
 * 401: the server has a token, and the request has none or another one.
 *
 * @category errors
 * @since 1.0.0
 */
export class Unauthorized
  extends Schema.TaggedError<Unauthorized>("@cloud-messaging/emulator/EmulatorApi/Unauthorized")("Unauthorized", text, {
    httpApiStatus: 401
  })
{}

/**
 * 400: what of a request is wrong, each with its path.
 *
 * @category errors
 * @since 1.0.0
 */
export class InvalidRequest
  extends Schema.TaggedError<InvalidRequest>("@cloud-messaging/emulator/EmulatorApi/InvalidRequest")("InvalidRequest", {
    issues: Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String }))
  }, { httpApiStatus: 400 })
{
  override get message(): string {
    return this.issues.map(({ message, path }) => `${path}: ${message}`).join("\n")
  }
}

// -----------------------------------------------------------------------------
// Who may ask
// -----------------------------------------------------------------------------

/**
 * What every request goes through: the names of the server, the origin of changes, JSON, the size of bodies.
 *
 * @category middleware
 * @since 1.0.0
 */
export class Guard extends HttpApiMiddleware.Service<Guard>()("@cloud-messaging/emulator/EmulatorApi/Guard", {
  error: [WrongHost, CrossOrigin, NotJson, TooLarge, InvalidRequest]
}) {}

/**
 * The server's token as a bearer token, if it has one.
 *
 * @category middleware
 * @since 1.0.0
 */
export class Token extends HttpApiMiddleware.Service<Token>()("@cloud-messaging/emulator/EmulatorApi/Token", {
  error: Unauthorized,
  security: { token: HttpApiSecurity.bearer }
}) {}

// -----------------------------------------------------------------------------
// The API
// -----------------------------------------------------------------------------

/** @internal */
export const root = "/emulator/v1"

export class Requests extends HttpApiGroup.make("requests").add(
  HttpApiEndpoint.get("count", `${root}/requests`, { success: Schema.Struct({ fcm: Schema.Finite }) }),
  HttpApiEndpoint.post("reset", `${root}/reset`, {
    payload: Schema.Struct({ deep: Schema.Array(Schema.Struct({ token: Schema.NonEmptyString })) })
  })
) {}

export class EmulatorApi extends HttpApi.make("emulator").add(Requests).middleware(Guard).middleware(Token) {}
