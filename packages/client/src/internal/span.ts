/**
 * Spans of requests.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** Runs in a span that does not contain the result, as the answer of a service may quote the request. */
export const spanned = <A, E>(
  self: Effect.Effect<A, E>,
  name: string,
  attributes: Record<string, unknown>
): Effect.Effect<A, E> =>
  Effect.flatMap(Deferred.make<A>(), (value) =>
    self.pipe(
      Effect.flatMap((a) => Deferred.succeed(value, a)),
      Effect.asVoid,
      Effect.withSpan(name, { kind: "client", attributes }, { captureStackTrace: false }),
      Effect.andThen(Deferred.await(value))
    ))
