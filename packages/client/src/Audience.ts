/**
 * What the service itself fans out to: a topic, a condition over topics, a device group.
 *
 * @since 1.0.0
 */
import * as Expression from "@cloud-messaging/protocol/Condition"
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { textOf } from "./internal/text.ts"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * Everybody who is subscribed to a topic.
 *
 * @category models
 * @since 1.0.0
 */
export class Topic extends Data.TaggedClass("Topic")<{
  /** Without the prefix `/topics/`: letters, digits and `-_.~%`. */
  readonly name: string
}> {}

/**
 * Everybody for whom a condition over topics holds.
 *
 * @category models
 * @since 1.0.0
 */
export class Condition extends Data.TaggedClass("Condition")<{
  /** As the service writes it: `'news' in topics && !('muted' in topics)`. */
  readonly expression: string
}> {}

/**
 * The members of a device group. The GCM protocol alone has them, and Google's end on 29 September 2027.
 *
 * @category models
 * @since 1.0.0
 */
export class DeviceGroup extends Data.TaggedClass("DeviceGroup")<{
  /** Its notification key: a secret, as a registration token is. */
  readonly key: Redacted.Redacted
}> {}

/**
 * What a message can be published to.
 *
 * @category models
 * @since 1.0.0
 */
export type Audience = Topic | Condition | DeviceGroup

// -----------------------------------------------------------------------------
// Constructors
// -----------------------------------------------------------------------------

/**
 * The topic of that name; the prefix `/topics/` of the old protocol may be there.
 *
 * @category constructors
 * @since 1.0.0
 */
export const topic = (name: string): Topic => new Topic({ name: textOf(name).replace(/^\/topics\//, "") })

/**
 * The condition, as the service writes it: topics in single quotes, `&&`, `||`, `!` and parentheses, evaluated from left
 * to right, at most five topics. What is wrong with it is told when it is published to.
 *
 * **Example** (Who reads the news and did not mute them)
 *
 * ```ts
 * import { Audience } from "@cloud-messaging/client"
 *
 * const readers = Audience.condition("'news' in topics && !('muted' in topics)")
 * ```
 *
 * @category constructors
 * @since 1.0.0
 */
export const condition = (expression: string): Condition => new Condition({ expression: textOf(expression) })

/**
 * The device group of that notification key.
 *
 * @category constructors
 * @since 1.0.0
 */
export const deviceGroup = (key: string | Redacted.Redacted): DeviceGroup =>
  new DeviceGroup({ key: Redacted.isRedacted(key) ? key : Redacted.make(textOf(key)) })

// -----------------------------------------------------------------------------
// Building conditions
// -----------------------------------------------------------------------------

/**
 * A topic stands for being subscribed to it. An operand that is wrong by itself makes a condition that is wrong: it must
 * not become another one by what stands around it.
 */
const expression = (operand: Topic | Condition): string => {
  if (Predicate.isTagged(operand, "Topic")) return `'${textOf(operand.name).replaceAll("'", "\"")}' in topics`
  const text = Predicate.hasProperty(operand, "expression") ? textOf(operand.expression) : wrong
  return `(${Result.isSuccess(Expression.parse(text)) ? text : wrong})`
}

const wrong = "?"

const join = (operator: "&&" | "||") => (operands: ReadonlyArray<Topic | Condition>): Condition =>
  condition(operands.map(expression).join(` ${operator} `))

/**
 * Everybody for whom all of them hold.
 *
 * **Example** (A condition, built)
 *
 * ```ts
 * import { Audience } from "@cloud-messaging/client"
 *
 * const readers = Audience.allOf(
 *   Audience.anyOf(Audience.topic("news"), Audience.topic("sports")),
 *   Audience.not(Audience.topic("muted"))
 * )
 * console.log(readers.expression) // ('news' in topics || 'sports' in topics) && (!('muted' in topics))
 * ```
 *
 * @category combinators
 * @since 1.0.0
 */
export const allOf = (...operands: readonly [Topic | Condition, ...ReadonlyArray<Topic | Condition>]): Condition =>
  join("&&")(operands)

/**
 * Everybody for whom one of them holds.
 *
 * @category combinators
 * @since 1.0.0
 */
export const anyOf = (...operands: readonly [Topic | Condition, ...ReadonlyArray<Topic | Condition>]): Condition =>
  join("||")(operands)

/**
 * Everybody for whom it does not hold.
 *
 * @category combinators
 * @since 1.0.0
 */
export const not = (operand: Topic | Condition): Condition =>
  condition(Predicate.isTagged(operand, "Topic") ? `!(${expression(operand)})` : `!${expression(operand)}`)
