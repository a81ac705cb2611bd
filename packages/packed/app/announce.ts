/** What the application does, wherever it runs, and whichever service answers. */
import { Audience, Message, Messaging, type Outcome, Recipient, Topics } from "@cloud-messaging/client"
import { Effect, Stream } from "effect"

const message = Message.make({ notification: { title: "Goal!" }, data: { score: 42 }, timeToLive: "1 hour" })
const topic = "match-42"

export const ada = "emulator:ok:ada"
export const lin = "emulator:unregistered:lin"

const gone = (outcomes: ReadonlyArray<Outcome.Outcome>) =>
  outcomes.flatMap(({ disposition, recipient }) => disposition === "remove" ? [Recipient.value(recipient)] : [])

/** Whom to remove, as `send` says it and as a stream says it. */
export const announce = Effect.gen(function*() {
  const report = yield* Messaging.send(message, [ada, lin])
  const outcomes = yield* Messaging.sendStream(message, Stream.make(ada, lin)).pipe(Stream.runCollect)
  return { sent: gone(report.outcomes), streamed: gone(outcomes) }
})

/** Subscribes, and whom it could not subscribe. */
export const subscribe = Effect.map(
  Topics.subscribe(topic, [ada, lin]),
  (outcomes) => outcomes.flatMap((outcome) => outcome._tag === "Changed" ? [] : [Recipient.value(outcome.recipient)])
)

/** To whoever is subscribed. */
export const publish = Messaging.publish(message, Audience.topic(topic))
