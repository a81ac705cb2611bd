import { Condition } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"

const { and, inTopic, not, or } = Condition

const [a, b, c] = [inTopic("a"), inTopic("b"), inTopic("c")]

// -----------------------------------------------------------------------------
// Any condition
// -----------------------------------------------------------------------------

const names = ["news", "dogs-1", "a.b~c", "%23_x", "NEWS"]

const Name = Schema.Literals(names)

const operators = ["!", "&&", "||"]

const isOperator = (step: string) => operators.includes(step)

/** Steps of a stack machine: a name is pushed, an operator takes what it needs. */
const Steps = Arbitrary.array(Arbitrary.schema(Schema.Literals([...names, ...operators])), { maxLength: 30 })

const build = (steps: ReadonlyArray<string>): Condition.Condition => {
  const stack: Array<Condition.Condition> = []
  const pop = () => stack.pop() ?? inTopic("news")
  for (const step of steps) {
    if (!isOperator(step)) stack.push(inTopic(step))
    else if (step === "!") stack.push(not(pop()))
    else stack.push(step === "&&" ? and(pop(), pop()) : or(pop(), pop()))
  }
  return stack.reduce(and, inTopic("news"))
}

/** Terms and operators with no parentheses at all. */
const Flat = Arbitrary.all({
  first: Arbitrary.schema(Name),
  rest: Arbitrary.array(
    Arbitrary.schema(Schema.Struct({ operator: Schema.Literals(["&&", "||"]), name: Name })),
    { maxLength: 12 }
  )
})

const Subscribed = Arbitrary.array(Arbitrary.schema(Name), { maxLength: 5 })

/** What a text means by nothing but rewriting it: groups first, and in a group the first operator first. */
const meaning = (text: string, subscribed: ReadonlySet<string>): boolean => {
  let left = text.replace(/'([^']*)' in topics/g, (_, name: string) => String(subscribed.has(name)))
  for (let before = ""; before !== left;) {
    before = left
    left = left
      .replace(
        /(!?)\((true|false)\)/,
        (_, negated: string, value: string) => String((value === "true") !== (negated === "!"))
      )
      .replace(
        /(^|\()(true|false) (&&|\|\|) (true|false)/,
        (_, open: string, x: string, operator: string, y: string) => {
          const both = [x, y].filter((value) => value === "true").length
          return `${open}${operator === "&&" ? both === 2 : both > 0}`
        }
      )
  }
  assert.match(left, /^(true|false)$/)
  return left === "true"
}

// -----------------------------------------------------------------------------
// Tests
// -----------------------------------------------------------------------------

describe("parse", () => {
  it.each<{ text: string; condition: Condition.Condition }>([
    { text: "'a' in topics", condition: a },
    { text: "'a' in topics && 'b' in topics", condition: and(a, b) },
    { text: "'a' in topics || 'b' in topics && 'c' in topics", condition: and(or(a, b), c) },
    { text: "'a' in topics || ('b' in topics && 'c' in topics)", condition: or(a, and(b, c)) },
    { text: "'a' in topics && 'b' in topics || 'c' in topics", condition: or(and(a, b), c) },
    { text: "!('a' in topics)", condition: not(a) },
    { text: "!('a' in topics) && !('b' in topics || 'c' in topics)", condition: and(not(a), not(or(b, c))) },
    { text: "!(!('a' in topics))", condition: not(not(a)) },
    { text: "((('a' in topics)))", condition: a },
    { text: "'a' in topics&&'b' in topics", condition: and(a, b) },
    { text: "  ( 'a'  in\ttopics )\n||\r\n! ( 'b' in topics )  ", condition: or(a, not(b)) },
    { text: "'A' IN TOPICS || 'a' In Topics", condition: or(inTopic("A"), a) }
  ])("reads $text", ({ condition, text }) => {
    assert.deepStrictEqual(Condition.parse(text), Result.succeed(condition))
  })

  const six = ["a", "b", "c", "d", "e", "f"].map((name) => `'${name}' in topics`)

  it.each([
    { text: "", position: 0, message: /expected a topic/ },
    { text: "   ", position: 3, message: /expected a topic/ },
    { text: "news", position: 0, message: /expected a topic/ },
    { text: "news in topics", position: 0, message: /expected a topic/ },
    { text: "\"news\" in topics", position: 0, message: /expected a topic/ },
    { text: "'news", position: 0, message: /expected a topic/ },
    { text: "  '' in topics", position: 2, message: /named by/ },
    { text: "'a b' in topics", position: 0, message: /named by/ },
    { text: "'/topics/a' in topics", position: 0, message: /named by/ },
    { text: `'${"x".repeat(901)}' in topics`, position: 0, message: /named by/ },
    { text: "'a'", position: 3, message: /expected in topics/ },
    { text: "'a'in topics", position: 3, message: /expected in topics/ },
    { text: "'a' intopics", position: 4, message: /expected in topics/ },
    { text: "'a' in topicsx", position: 4, message: /expected in topics/ },
    { text: "'a' in topics 'b' in topics", position: 14, message: /expected && or \|\|/ },
    { text: "'a' in topics & 'b' in topics", position: 14, message: /expected && or \|\|/ },
    { text: "'a' in topics)", position: 13, message: /expected && or \|\|/ },
    { text: "'a' in topics &&", position: 16, message: /expected a topic/ },
    { text: "('a' in topics", position: 14, message: /or \)/ },
    { text: "()", position: 1, message: /expected a topic/ },
    { text: "!'a' in topics", position: 1, message: /after !/ },
    { text: "!!('a' in topics)", position: 1, message: /after !/ },
    { text: six.join(" && "), position: 5 * 17, message: /more than 5 topics/ },
    { text: "(".repeat(100_000), position: 100, message: /more than 100/ },
    { text: "!(".repeat(100_000), position: 200, message: /more than 100/ },
    { text: Array.from({ length: 101 }, () => "'a' in topics").join("||"), position: 1500, message: /more than 100/ }
  ])("tells at $position that $text is none", ({ message, position, text }) => {
    const error = Result.getOrThrow(Result.flip(Condition.parse(text)))
    assert.strictEqual(error.position, position)
    assert.match(error.message, message)
  })

  it("takes five topics, however often each is named", () => {
    const text = [...six.slice(0, 5), ...six.slice(0, 5)].join(" || ")
    assert.strictEqual(Condition.topics(Result.getOrThrow(Condition.parse(text))).size, 5)
  })

  it.prop("of whatever text never throws, and an error is somewhere in it", [Schema.String], ([text]) => {
    const error = Result.getFailure(Condition.parse(text))
    if (error._tag === "Some") assert.isTrue(error.value.position >= 0 && error.value.position <= text.length)
  })

  const pieces = ["'news'", " in ", "topics", "(", ")", "!", "&&", "||", " ", "'", "in", "\"", "Ω", "&"]

  it.prop(
    "of whatever pieces never throws, and what it reads it prints and reads alike",
    [Arbitrary.array(Arbitrary.schema(Schema.Literals(pieces)), { maxLength: 20 })],
    ([some]) => {
      const parsed = Condition.parse(some.join(""))
      if (Result.isSuccess(parsed)) assert.deepStrictEqual(Condition.parse(Condition.print(parsed.success)), parsed)
    }
  )
})

describe("print", () => {
  it.each([
    { condition: and(and(a, b), c), text: "'a' in topics && 'b' in topics && 'c' in topics" },
    { condition: and(a, and(b, c)), text: "'a' in topics && ('b' in topics && 'c' in topics)" },
    { condition: and(or(a, b), c), text: "('a' in topics || 'b' in topics) && 'c' in topics" },
    { condition: or(and(a, b), c), text: "('a' in topics && 'b' in topics) || 'c' in topics" },
    { condition: not(or(a, not(b))), text: "!('a' in topics || !('b' in topics))" }
  ])("writes $text", ({ condition, text }) => {
    assert.strictEqual(Condition.print(condition), text)
  })

  it.prop("writes what parse reads as the same condition", [Steps], ([steps]) => {
    const condition = build(steps)
    assert.deepStrictEqual(Condition.parse(Condition.print(condition)), Result.succeed(condition))
  })
})

describe("holds", () => {
  it.prop("as the text says", { steps: Steps, subscribed: Subscribed }, ({ steps, subscribed }) => {
    const condition = build(steps)
    const topics = new Set(subscribed)
    assert.strictEqual(Condition.holds(condition, topics), meaning(Condition.print(condition), topics))
  })

  it.prop("from left to right without parentheses", { flat: Flat, subscribed: Subscribed }, ({ flat, subscribed }) => {
    const text = [
      `'${flat.first}' in topics`,
      ...flat.rest.map(({ name, operator }) => `${operator} '${name}' in topics`)
    ].join(" ")
    const topics = new Set(subscribed)
    const condition = Result.getOrThrow(Condition.parse(text))
    assert.strictEqual(Condition.holds(condition, topics), meaning(text, topics))
  })

  it("for an app without any topic, if the condition excludes one", () => {
    assert.isTrue(Condition.holds(not(a), new Set()))
  })
})
