/**
 * Conditions over topics, such as `'dogs' in topics && !('cats' in topics || 'birds' in topics)`.
 *
 * ```
 * condition = term *( ( "&&" / "||" ) term )
 * term      = [ "!" ] "(" condition ")" / "'" topic "'" SP "in" SP "topics"
 * ```
 *
 * `&&` and `||` bind alike, from left to right; parentheses come first. Names stand in single quotes; case matters in
 * names, not in `in topics`; white space is free but around `in`, where there must be some.
 *
 * Source: firebase.google.com/docs/cloud-messaging/send/topic-messages ("up to five topics"), and the legacy reference
 * (http-server-ref) for case. What else Google's parser takes is not documented; this one takes no more.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"
import * as Result from "effect/Result"
import * as Topic from "./Topic.ts"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * Apps that subscribed to a topic.
 *
 * @category models
 * @since 1.0.0
 */
export interface InTopic {
  /** Which condition it is. */
  readonly _tag: "InTopic"
  /** The topic's name, without `/topics/`. */
  readonly topic: string
}

/**
 * Apps for which a condition does not hold, those without any topic among them.
 *
 * @category models
 * @since 1.0.0
 */
export interface Not {
  /** Which condition it is. */
  readonly _tag: "Not"
  /** What must not hold. */
  readonly condition: Condition
}

/**
 * Apps for which both conditions hold.
 *
 * @category models
 * @since 1.0.0
 */
export interface And {
  /** Which condition it is. */
  readonly _tag: "And"
  /** The one. */
  readonly left: Condition
  /** The other. */
  readonly right: Condition
}

/**
 * Apps for which one of two conditions holds, or both.
 *
 * @category models
 * @since 1.0.0
 */
export interface Or {
  /** Which condition it is. */
  readonly _tag: "Or"
  /** The one. */
  readonly left: Condition
  /** The other. */
  readonly right: Condition
}

/**
 * A condition over topics.
 *
 * @category models
 * @since 1.0.0
 */
export type Condition = InTopic | Not | And | Or

/**
 * The most topics in a condition. One that is named twice counts once.
 *
 * @category constants
 * @since 1.0.0
 */
export const maxTopics = 5

/**
 * Why a text is no condition.
 *
 * @category errors
 * @since 1.0.0
 */
export class ConditionError extends Data.TaggedError("ConditionError")<{
  /** What is wrong, for people. */
  readonly message: string
  /** Where, in UTF-16 code units from 0. */
  readonly position: number
}> {}

// -----------------------------------------------------------------------------
// Constructors
// -----------------------------------------------------------------------------

/**
 * Apps that subscribed to the topic of that name.
 *
 * @category constructors
 * @since 1.0.0
 */
export const inTopic = (topic: string): InTopic => ({ _tag: "InTopic", topic })

/**
 * Apps for which a condition does not hold.
 *
 * @category constructors
 * @since 1.0.0
 */
export const not = (condition: Condition): Not => ({ _tag: "Not", condition })

/**
 * Apps for which both conditions hold.
 *
 * @category constructors
 * @since 1.0.0
 */
export const and = (left: Condition, right: Condition): And => ({ _tag: "And", left, right })

/**
 * Apps for which one of two conditions holds, or both.
 *
 * @category constructors
 * @since 1.0.0
 */
export const or = (left: Condition, right: Condition): Or => ({ _tag: "Or", left, right })

// -----------------------------------------------------------------------------
// Meaning
// -----------------------------------------------------------------------------

/**
 * Whether a condition holds for an app that subscribed to these topics.
 *
 * **Example** (Left to right: cats are a must, dogs or birds as well)
 *
 * ```ts
 * import { Condition } from "@cloud-messaging/protocol"
 * import { Result } from "effect"
 *
 * const condition = Condition.parse("'dogs' in topics || 'birds' in topics && 'cats' in topics")
 * Result.map(condition, (_) => Condition.holds(_, new Set(["dogs"]))) // => Result.succeed(false)
 * ```
 *
 * @category guards
 * @since 1.0.0
 */
export const holds = (condition: Condition, topics: ReadonlySet<string>): boolean => {
  switch (condition._tag) {
    case "InTopic":
      return topics.has(condition.topic)
    case "Not":
      return !holds(condition.condition, topics)
    case "And":
      return holds(condition.left, topics) && holds(condition.right, topics)
    case "Or":
      return holds(condition.left, topics) || holds(condition.right, topics)
  }
}

/**
 * The names of the topics in a condition, each once, in the order in which they come.
 *
 * @category getters
 * @since 1.0.0
 */
export const topics = (condition: Condition): ReadonlySet<string> => {
  switch (condition._tag) {
    case "InTopic":
      return new Set([condition.topic])
    case "Not":
      return topics(condition.condition)
    default:
      return new Set([...topics(condition.left), ...topics(condition.right)])
  }
}

// -----------------------------------------------------------------------------
// Text
// -----------------------------------------------------------------------------

/**
 * Writes a condition. Parentheses show what is meant to whoever reads it, even where the service needs none.
 *
 * @category encoding
 * @since 1.0.0
 */
export const print = (condition: Condition): string => {
  switch (condition._tag) {
    case "InTopic":
      return `'${condition.topic}' in topics`
    case "Not":
      return `!(${print(condition.condition)})`
    default: {
      const { _tag, left, right } = condition
      const first = left._tag === _tag ? print(left) : operand(left)
      return `${first} ${_tag === "And" ? "&&" : "||"} ${operand(right)}`
    }
  }
}

const operand = (condition: Condition): string =>
  condition._tag === "And" || condition._tag === "Or" ? `(${print(condition)})` : print(condition)

/**
 * Reads a condition.
 *
 * **Gotchas**
 *
 * More than 100 topics and parentheses are refused: no service names that limit, it keeps what anybody may send here from
 * nesting without end.
 *
 * @category decoding
 * @since 1.0.0
 */
export const parse = (text: string): Result.Result<Condition, ConditionError> => {
  const reader = new Reader(text)
  return Result.flatMap(
    expression(reader),
    (condition) => reader.take(symbol.end) === undefined ? reader.fail("expected && or ||") : Result.succeed(condition)
  )
}

const maxSize = 100

const symbol = {
  operator: /\s*(&&|\|\|)/y,
  not: /\s*(!)/y,
  open: /\s*(\()/y,
  close: /\s*(\))/y,
  topic: /\s*'([^']*)'/y,
  membership: /\s+(in\s+topics)(?!\w)/iy,
  end: /\s*()$/y
}

class Reader {
  readonly topics = new Set<string>()
  size = 0
  readonly #text: string
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Takes a symbol, if it is next. */
  take(symbol: RegExp): string | undefined {
    symbol.lastIndex = this.#position
    const found = symbol.exec(this.#text)
    if (found !== null) this.#position = symbol.lastIndex
    return found?.[1]
  }

  /** Where what is next starts. */
  get next(): number {
    return this.#text.length - this.#text.slice(this.#position).trimStart().length
  }

  fail(message: string, position: number = this.next): Result.Result<never, ConditionError> {
    return Result.fail(new ConditionError({ message, position }))
  }
}

const expression = (reader: Reader): Result.Result<Condition, ConditionError> =>
  Result.gen(function*() {
    let left = yield* term(reader)
    for (let operator = reader.take(symbol.operator); operator !== undefined; operator = reader.take(symbol.operator)) {
      const right = yield* term(reader)
      left = operator === "&&" ? and(left, right) : or(left, right)
    }
    return left
  })

const term = (reader: Reader): Result.Result<Condition, ConditionError> =>
  Result.gen(function*() {
    if (++reader.size > maxSize) return yield* reader.fail(`more than ${maxSize} topics and parentheses`)
    const negated = reader.take(symbol.not) !== undefined
    if (reader.take(symbol.open) === undefined) {
      return negated ? yield* reader.fail("expected ( after !") : yield* membership(reader)
    }
    const inner = yield* expression(reader)
    if (reader.take(symbol.close) === undefined) return yield* reader.fail("expected &&, || or )")
    return negated ? not(inner) : inner
  })

const membership = (reader: Reader): Result.Result<Condition, ConditionError> =>
  Result.gen(function*() {
    const start = reader.next
    const topic = reader.take(symbol.topic)
    if (topic === undefined) return yield* reader.fail("expected a topic such as 'news' in topics, or ( or !(")
    if (!Topic.isName(topic)) return yield* reader.fail("a topic is named by 1 to 900 of a-z A-Z 0-9 - _ . ~ %", start)
    if (reader.take(symbol.membership) === undefined) return yield* reader.fail("expected in topics")
    if (reader.topics.add(topic).size > maxTopics) return yield* reader.fail(`more than ${maxTopics} topics`, start)
    return inTopic(topic)
  })
