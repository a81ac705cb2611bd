/**
 * What the emulator cannot do that it is asked for.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"

/**
 * What names no recipient, or no topic.
 *
 * @category errors
 * @since 1.0.0
 */
export class InvalidName extends Schema.TaggedError<InvalidName>("@cloud-messaging/emulator/EmulatorError/InvalidName")(
  "InvalidName",
  {
    /** What it should name. */
    what: Schema.Literals(["recipient", "topic"])
  }
) {
  override get message(): string {
    return `This names no ${this.what}`
  }
}

/**
 * An app has as many topics as it may: 2000.
 *
 * @category errors
 * @since 1.0.0
 */
export class TooManyTopics
  extends Schema.TaggedError<TooManyTopics>("@cloud-messaging/emulator/EmulatorError/TooManyTopics")(
    "TooManyTopics",
    {}
  )
{
  override get message(): string {
    return "The app has as many topics as it may"
  }
}

/**
 * The clock cannot be moved: it is neither that of an emulator that runs as a server nor a `TestClock`.
 *
 * @category errors
 * @since 1.0.0
 */
export class ClockNotMovable
  extends Schema.TaggedError<ClockNotMovable>("@cloud-messaging/emulator/EmulatorError/ClockNotMovable")(
    "ClockNotMovable",
    {}
  )
{
  override get message(): string {
    return "This emulator's clock is the system's: run it under a TestClock, or as a server"
  }
}
