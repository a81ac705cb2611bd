/**
 * The JSON of a request.
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"

/** The levels that protobuf's JSON parsers bear (protobuf.dev, the default recursion limit), in a request and its message. */
const maxDepth = 102

/** What a text says; else why no service reads it. */
export const parse = (text: string): Result.Result<unknown, string> =>
  Result.try({ try: (): unknown => JSON.parse(text), catch: () => "Unexpected token." }).pipe(
    Result.filterOrFail((value) => !isDeeper(value, maxDepth), () => "Nesting too deep.")
  )

const isDeeper = (value: unknown, levels: number): boolean =>
  Predicate.isObjectOrArray(value) && (levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1)))
