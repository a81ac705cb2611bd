import { Outcome, Recipient, Report } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Equal, Random, Redacted } from "effect"

const token = Recipient.token

const outcomes = [
  new Outcome.Success({ recipient: token("a"), messageId: "1", canonical: undefined }),
  new Outcome.Success({ recipient: token("b"), messageId: "2", canonical: token("B") }),
  new Outcome.NotRegistered({ recipient: token("c") }),
  new Outcome.Failed({ recipient: token("d"), code: "X", detail: undefined, issues: [], disposition: "keep" }),
  new Outcome.Failed({ recipient: token("e"), code: "Y", detail: undefined, issues: [], disposition: "retryLater" }),
  new Outcome.Unavailable({ recipient: token("f"), code: "Z", retryAfter: Duration.seconds(9), attempts: 1 }),
  new Outcome.Unknown({ recipient: token("g"), attempts: 1, disposition: "keep" }),
  new Outcome.Unknown({ recipient: token("h"), attempts: 1, disposition: "retryLater" }),
  new Outcome.Unavailable({ recipient: token("f"), code: "Z", retryAfter: Duration.seconds(9), attempts: 1 })
]

const report = Report.make(outcomes)

const names = (recipients: ReadonlyArray<Recipient.Recipient>) => recipients.map(Recipient.value)

const namesOf = (outcomes: ReadonlyArray<Outcome.Outcome>) => names(outcomes.map((_) => _.recipient))

describe("Report", () => {
  it("has a view for each kind, in input order", () => {
    assert.deepStrictEqual(namesOf(report.success), ["a", "b"])
    assert.deepStrictEqual(report.canonical.map((_) => Recipient.value(_.canonical)), ["B"])
    assert.deepStrictEqual(namesOf(report.notRegistered), ["c"])
    assert.deepStrictEqual(namesOf(report.failed), ["d", "e"])
    assert.deepStrictEqual(namesOf(report.unavailable), ["f", "f"])
    assert.deepStrictEqual(namesOf(report.unknown), ["g", "h"])
    assert.deepStrictEqual(report.counts, { Success: 2, NotRegistered: 1, Failed: 2, Unavailable: 2, Unknown: 2 })
    assert.strictEqual(report.size, 9)
  })

  it("computes its views once", () => {
    assert.strictEqual(report.success, report.success)
  })

  it("names what may be sent again: distinct, in input order", () => {
    assert.isTrue(Report.needsRetry(report))
    assert.deepStrictEqual(names(Report.retry(report)), ["e", "f", "h"])
    assert.isFalse(Report.needsRetry(Report.empty))
    assert.isFalse(Report.needsRetry(Report.make(outcomes.slice(0, 4))))
  })

  it.effect("waits for the larger of Retry-After and gcm-client's backoff", () =>
    Effect.gen(function*() {
      const millis = (report: Report.Report, attempt: number) =>
        Effect.map(Report.delay(report, attempt), Duration.toMillis)
      const backoff = Report.make(outcomes.slice(0, 1))
      // section "delay" of gcm-client: (1000 * 2^n - 500 + U) ms, U of 0 to 999
      for (const [attempt, least, most] of [[0, 500, 1499], [1, 1500, 2499], [3, 7500, 8499]] as const) {
        for (let seed = 0; seed < 20; seed++) {
          const delay = yield* millis(backoff, attempt).pipe(Random.withSeed(seed))
          assert.isAtLeast(delay, least)
          assert.isAtMost(delay, most)
        }
      }
      assert.strictEqual(yield* millis(report, 0), 9000)
      assert.isAtLeast(yield* millis(report, 4), 15_500)
    }))

  it("prints its counts", () => {
    assert.strictEqual(String(report), "Report(Success: 2, NotRegistered: 1, Failed: 2, Unavailable: 2, Unknown: 2)")
    assert.strictEqual(
      JSON.stringify(report),
      "{\"_id\":\"Report\",\"Success\":2,\"NotRegistered\":1,\"Failed\":2,\"Unavailable\":2,\"Unknown\":2}"
    )
  })
})

describe("Recipient", () => {
  it("is equal by kind and value", () => {
    assert.isTrue(Equal.equals(token("a"), Recipient.make("a")))
    assert.isTrue(Equal.equals(token(Redacted.make("a")), token("a")))
    assert.isFalse(Equal.equals(token("a"), token("b")))
    assert.isFalse(Equal.equals(token("a"), Recipient.fid("a")))
    assert.isFalse(Equal.equals(token("a"), "a"))
  })

  it("is recognised", () => {
    assert.isTrue(Recipient.isRecipient(token("a")))
    for (const other of [null, undefined, "a", {}, { kind: "token" }]) assert.isFalse(Recipient.isRecipient(other))
  })

  it("is empty for what is no string, whoever passes it", () => {
    for (const odd of JSON.parse("[null, 5, {}, [\"a\"]]")) assert.strictEqual(Recipient.value(Recipient.make(odd)), "")
  })

  it("makes one of a bare string, and many of an iterable", () => {
    assert.deepStrictEqual(names(Recipient.makeAll("abc")), ["abc"])
    assert.deepStrictEqual(names(Recipient.makeAll(Redacted.make("abc"))), ["abc"])
    assert.deepStrictEqual(names(Recipient.makeAll(token("abc"))), ["abc"])
    assert.deepStrictEqual(names(Recipient.makeAll(new Set(["a", "b"]))), ["a", "b"])
  })
})
