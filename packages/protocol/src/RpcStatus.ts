/**
 * `google.rpc.Status`: the error envelope of Google's JSON APIs, FCM v1 among them.
 *
 * Details come in any order, can be missing, and can be of types that nobody told us about; so they are kept as they
 * came, and {@link findDetails} looks for the ones that are known.
 *
 * Source: firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode, "Error codes for FCM failure conditions".
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * A field that is absent where it is not of its schema: one odd field must not cost the whole answer.
 *
 * @category schemas
 * @since 1.0.0
 */
export const lenientKey = <S extends Schema.Constraint>(schema: S) =>
  Schema.optionalKey(Schema.catchDecoding<S>(() => Effect.succeedNone)(schema))

/** An item of a list that says nothing where it is not of its schema: likewise. */
const lenientItem = <S extends Schema.Constraint & { readonly Type: {} }>(schema: S, nothing: S["Type"]) =>
  Schema.catchDecoding<S>(() => Effect.succeedSome(nothing))(schema)

// -----------------------------------------------------------------------------
// Details
// -----------------------------------------------------------------------------

/**
 * One field of a request that is wrong.
 *
 * @category models
 * @since 1.0.0
 */
export interface FieldViolation extends Schema.Schema.Type<typeof FieldViolation> {}

/**
 * The schema of one field of a request that is wrong: `field` is a path such as `message.data[0].value`.
 *
 * @category schemas
 * @since 1.0.0
 */
export const FieldViolation = Schema.Struct({
  field: lenientKey(Schema.String),
  description: lenientKey(Schema.String)
})

/**
 * `google.rpc.BadRequest`: which fields of the request are wrong.
 *
 * @category schemas
 * @since 1.0.0
 */
export const BadRequest = Schema.Struct({
  "@type": Schema.Literal("type.googleapis.com/google.rpc.BadRequest"),
  fieldViolations: Schema.Array(lenientItem(FieldViolation, {}))
})

/**
 * The schema of one quota that was exceeded: `subject` says whose it is (`project:<id>`, …).
 *
 * @category schemas
 * @since 1.0.0
 */
export const QuotaViolation = Schema.Struct({
  subject: lenientKey(Schema.String),
  description: lenientKey(Schema.String)
})

/**
 * `google.rpc.QuotaFailure`: which quota was exceeded.
 *
 * @category schemas
 * @since 1.0.0
 */
export const QuotaFailure = Schema.Struct({
  "@type": Schema.Literal("type.googleapis.com/google.rpc.QuotaFailure"),
  violations: Schema.Array(lenientItem(QuotaViolation, {}))
})

/**
 * `google.rpc.ErrorInfo`: why a request was refused, as a constant (`SERVICE_DISABLED`, …) of a domain.
 *
 * Source: cloud.google.com/apis/design/errors, google/rpc/error_details.proto.
 *
 * @category schemas
 * @since 1.0.0
 */
export const ErrorInfo = Schema.Struct({
  "@type": Schema.Literal("type.googleapis.com/google.rpc.ErrorInfo"),
  reason: lenientKey(Schema.String),
  domain: lenientKey(Schema.String),
  metadata: lenientKey(Schema.Record(Schema.String, Schema.String))
})

// -----------------------------------------------------------------------------
// Envelope
// -----------------------------------------------------------------------------

/**
 * What went wrong, as the service says it.
 *
 * @category models
 * @since 1.0.0
 */
export interface Status extends Schema.Schema.Type<typeof Status> {}

/**
 * The schema of what went wrong: HTTP status, text for developers, canonical name (`INVALID_ARGUMENT`, …), details.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Status = Schema.Struct({
  code: lenientKey(Schema.Number),
  message: lenientKey(Schema.String),
  status: lenientKey(Schema.String),
  details: lenientKey(Schema.Array(Schema.Unknown))
})

/**
 * The schema of the body of every answer that is no success.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Envelope = Schema.Struct({ error: Status })

/**
 * Decodes the text of an error body: `None` for what is no envelope, such as the HTML page of a front end.
 *
 * @category decoding
 * @since 1.0.0
 */
export const decodeEnvelope: (text: string) => Option.Option<Status> = (text) =>
  Option.map(decodeEnvelopeText(text), (envelope) => envelope.error)

const decodeEnvelopeText = Schema.decodeUnknownOption(Schema.fromJsonString(Envelope))

/**
 * Makes a finder of all details of a type, in the order in which they came.
 *
 * **Example** (Which fields are wrong?)
 *
 * ```ts
 * import { RpcStatus } from "@cloud-messaging/protocol"
 *
 * const badRequests = RpcStatus.findDetails(RpcStatus.BadRequest)
 * badRequests({ details: [] }) // => []
 * ```
 *
 * @category decoding
 * @since 1.0.0
 */
export const findDetails = <S extends Detail>(schema: S): (status: Status) => ReadonlyArray<S["Type"]> => {
  const type = schema.fields["@type"].literal
  const decode = Schema.decodeUnknownOption<S>(schema)
  return ({ details = [] }) =>
    details.flatMap((detail) =>
      Predicate.hasProperty(detail, "@type") && detail["@type"] === type ? Option.toArray(decode(detail)) : []
    )
}

interface Detail extends Schema.ConstraintDecoder<unknown> {
  readonly fields: { readonly "@type": { readonly literal: string } }
}
