/**
 * The emulator's control API over HTTP, under `/emulator/v1`: what `EmulatorServer` answers, and `EmulatorClient` asks.
 *
 * **Details**
 *
 * Reads are GET, changes are POST with a JSON body. What lives in a project is under `/emulator/v1/projects/{project}`; what
 * is known of messages, faults and requests in all projects, under `/emulator/v1/projects/-`. A server describes all of it
 * at `/emulator/v1/docs`, and for programs at `/emulator/v1/openapi.json`.
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as Arrival from "./Arrival.ts"
import * as Device from "./Device.ts"
import * as EmulatorError from "./EmulatorError.ts"
import * as Fault from "./Fault.ts"
import * as Project from "./Project.ts"

// -----------------------------------------------------------------------------
// Errors
// -----------------------------------------------------------------------------

/**
 * 421: the `Host` of the request is none of the server's own, as where the name of a page was made to point to it.
 *
 * @category errors
 * @since 1.0.0
 */
export class WrongHost extends Schema.TaggedError<WrongHost>()("WrongHost", { message: Schema.String }, {
  httpApiStatus: 421,
  description: "The Host is none of the server's own names"
}) {}

/**
 * 401: the server has a token, and the request has none or another one.
 *
 * @category errors
 * @since 1.0.0
 */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", { message: Schema.String }, {
  httpApiStatus: 401,
  description: "The server's token is missing or another one"
}) {}

/**
 * 403: a change that a page of another site asks for.
 *
 * @category errors
 * @since 1.0.0
 */
export class CrossOrigin extends Schema.TaggedError<CrossOrigin>()("CrossOrigin", { message: Schema.String }, {
  httpApiStatus: 403,
  description: "A page of another site asks for a change"
}) {}

/**
 * 415: a change without `content-type: application/json`.
 *
 * @category errors
 * @since 1.0.0
 */
export class NotJson extends Schema.TaggedError<NotJson>()("NotJson", { message: Schema.String }, {
  httpApiStatus: 415,
  description: "A change that is not application/json"
}) {}

/**
 * 413: a body of more than 64 MiB.
 *
 * @category errors
 * @since 1.0.0
 */
export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", { message: Schema.String }, {
  httpApiStatus: 413,
  description: "A body of more than 64 MiB"
}) {}

/**
 * 400: what of a request is wrong.
 *
 * @category errors
 * @since 1.0.0
 */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  /** Each with its path, as `body.devices[0].recipient` or `query.count`. */
  issues: Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String }))
}, {
  httpApiStatus: 400,
  description: "What of the request is wrong, each with its path"
}) {
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
// Parts
// -----------------------------------------------------------------------------

/** @internal */
export const root = "/emulator/v1"

const inProject = `${root}/projects/:project` as const

/** @internal */
export const allProjects = "-"

const oneProject = { project: Project.Id }

const projects = { project: Schema.Union([Schema.Literal(allProjects), Project.Id]) }

/** A change of which nothing needs to be said. */
const Nothing = Schema.Record(Schema.String, Schema.Never)

/** The emulator itself tells what is no name, as it does in process. */
const Recipient = Schema.Struct({ recipient: Schema.String })

const Registration = Device.Registration.mapFields((fields) => ({
  ...fields,
  recipient: Schema.String,
  canonical: Schema.optionalKey(Schema.String)
}))

const Subscription = Schema.Struct({ recipient: Schema.String, topic: Schema.String })

const invalidName = EmulatorError.InvalidName.pipe(HttpApiSchema.status(400))

const Time = Schema.Struct({ now: Schema.Finite })

const upTo = (maximum: Duration.Duration) =>
  Schema.makeFilter<Duration.Duration>(Duration.between({ minimum: Duration.zero, maximum }), {
    expected: `at most ${Duration.format(maximum)}`
  })

const describe = (summary: string, description?: string) =>
  OpenApi.annotations({ summary, ...description === undefined ? {} : { description } })

// -----------------------------------------------------------------------------
// Groups
// -----------------------------------------------------------------------------

/**
 * The emulator as a whole: which projects it knows, and what time it is.
 *
 * @category groups
 * @since 1.0.0
 */
export class EmulatorGroup extends HttpApiGroup.make("emulator").add(
  HttpApiEndpoint.get("projects", `${root}/projects`, { success: Schema.Array(Schema.String) })
    .annotateMerge(describe("The ids of the projects that were spoken of")),
  HttpApiEndpoint.get("now", `${root}/clock`, { success: Time })
    .annotateMerge(describe("What time it is, in milliseconds since the epoch")),
  HttpApiEndpoint.post("advance", `${root}/clock/advance`, {
    payload: Schema.Struct({ by: Schema.DurationFromString.check(upTo(Duration.days(36_500))) }),
    success: Time,
    error: EmulatorError.ClockNotMovable.pipe(HttpApiSchema.status(409))
  }).annotateMerge(describe(
    "Move the clock forward",
    "`by` is a duration such as `30 seconds` or `1 day`. It comes to the end of the year 9999, and no further."
  ))
) {}

const Awaited = Schema.Struct({
  ...Arrival.Filter.fields,
  count: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))),
  timeout: Schema.optional(Schema.DurationFromString.check(upTo(Duration.hours(1))))
})

/**
 * What arrived in a project, or with `-` in all of them.
 *
 * @category groups
 * @since 1.0.0
 */
export class MessagesGroup extends HttpApiGroup.make("messages").add(
  HttpApiEndpoint.get("query", `${inProject}/messages`, {
    params: projects,
    query: Arrival.Filter,
    success: Schema.Array(Arrival.Arrival)
  }).annotateMerge(describe("What arrived, in the order in which it came", "`recipient` may hold `*` and `?`.")),
  HttpApiEndpoint.get("await", `${inProject}/messages/await`, {
    params: projects,
    query: Awaited,
    success: Schema.Array(Arrival.Arrival),
    error: Arrival.NotArrived.pipe(HttpApiSchema.status(409))
  }).annotateMerge(describe(
    "Wait until as many arrived",
    "`count` is 1 by default; `timeout`, in real time, `5 seconds`, at most an hour. In time, the answer tells what arrived."
  )),
  HttpApiEndpoint.get("live", `${inProject}/messages/live`, {
    params: projects,
    success: HttpApiSchema.StreamSse({ data: Arrival.Arrival })
  }).annotateMerge(describe(
    "Each arrival as it is accepted, and whenever its state changes",
    "Server-sent events, whose data is an arrival as JSON."
  ))
) {}

/**
 * The devices of a project.
 *
 * @category groups
 * @since 1.0.0
 */
export class DevicesGroup extends HttpApiGroup.make("devices").add(
  HttpApiEndpoint.get("list", `${inProject}/devices`, {
    params: oneProject,
    query: { recipient: Schema.optional(Schema.String) },
    success: Schema.Array(Device.Device)
  }).annotateMerge(describe("The devices, or the one of a recipient")),
  HttpApiEndpoint.post("register", `${inProject}/devices/register`, {
    params: oneProject,
    payload: Registration,
    success: Device.Device,
    error: invalidName
  }).annotateMerge(describe("Make a device, or change one")),
  HttpApiEndpoint.post("presence", `${inProject}/devices/presence`, {
    params: oneProject,
    payload: Schema.Struct({ ...Recipient.fields, presence: Device.Presence }),
    success: Device.Device,
    error: invalidName
  }).annotateMerge(
    describe("Make a device reachable or not", "What is stored for it is delivered as soon as it can be.")
  ),
  HttpApiEndpoint.post("unregister", `${inProject}/devices/unregister`, {
    params: oneProject,
    payload: Recipient,
    success: Device.Device,
    error: invalidName
  }).annotateMerge(describe("Uninstall the app", "Who sends to the recipient is told that it is not registered."))
) {}

/**
 * The topics of a project.
 *
 * @category groups
 * @since 1.0.0
 */
export class TopicsGroup extends HttpApiGroup.make("topics").add(
  HttpApiEndpoint.get("list", `${inProject}/topics`, { params: oneProject, success: Schema.Array(Project.Topic) })
    .annotateMerge(describe("The topics that have subscribers")),
  HttpApiEndpoint.post("subscribe", `${inProject}/topics/subscribe`, {
    params: oneProject,
    payload: Subscription,
    error: [invalidName, EmulatorError.TooManyTopics.pipe(HttpApiSchema.status(409))]
  }).annotateMerge(describe("Subscribe a recipient to a topic")),
  HttpApiEndpoint.post("unsubscribe", `${inProject}/topics/unsubscribe`, { params: oneProject, payload: Subscription })
    .annotateMerge(describe("End a subscription"))
) {}

/**
 * The faults of a project, or with `-` those that strike in all of them.
 *
 * @category groups
 * @since 1.0.0
 */
export class FaultsGroup extends HttpApiGroup.make("faults").add(
  HttpApiEndpoint.get("list", `${inProject}/faults`, { params: projects, success: Schema.Array(Fault.Active) })
    .annotateMerge(describe("The faults, and how often each struck")),
  HttpApiEndpoint.post("add", `${inProject}/faults/add`, {
    params: projects,
    payload: Schema.Struct({ preset: Schema.optionalKey(Fault.Preset), ...Fault.Fault.fields }),
    success: Fault.Active
  }).annotateMerge(describe("Add a fault", "With `preset` that one, in which what else is said takes its place.")),
  HttpApiEndpoint.post("remove", `${inProject}/faults/remove`, {
    params: projects,
    payload: Schema.Struct({ id: Schema.String })
  }).annotateMerge(describe("Take a fault away")),
  HttpApiEndpoint.post("clear", `${inProject}/faults/clear`, { params: projects, payload: Nothing })
    .annotateMerge(describe("Take all faults away"))
) {}

/**
 * A project as a whole.
 *
 * @category groups
 * @since 1.0.0
 */
export class ProjectGroup extends HttpApiGroup.make("project").add(
  HttpApiEndpoint.get("requests", `${inProject}/requests`, { params: projects, success: Project.Requests })
    .annotateMerge(describe("How many requests came to each endpoint", "With `-` those of all projects.")),
  HttpApiEndpoint.post("reset", `${inProject}/reset`, { params: projects, payload: Nothing })
    .annotateMerge(describe("Empty the project", "With `-` all projects.")),
  HttpApiEndpoint.get("settings", `${inProject}/settings`, { params: oneProject, success: Project.Settings })
    .annotateMerge(describe("How the project behaves")),
  HttpApiEndpoint.post("configure", `${inProject}/settings`, {
    params: oneProject,
    payload: Project.Settings.mapFields(Struct.map(Schema.optionalKey)),
    success: Project.Settings
  }).annotateMerge(describe("Change how the project behaves", "What is not said stays as it is.")),
  HttpApiEndpoint.get("exportState", `${inProject}/state`, { params: oneProject, success: Project.State })
    .annotateMerge(describe("All that the project holds")),
  HttpApiEndpoint.post("importState", `${inProject}/state`, { params: oneProject, payload: Project.State })
    .annotateMerge(describe("Empty the project, and fill it with what was exported"))
    // all problems of a state of 64 MiB would not fit into memory
    .annotate(HttpApi.PayloadParseOptions, { errors: "first", onExcessProperty: "error" })
) {}

// -----------------------------------------------------------------------------
// API
// -----------------------------------------------------------------------------

/**
 * The control API. Names that it does not know, in bodies and queries, are wrong: a name that is misspelt would say
 * nothing.
 *
 * @category api
 * @since 1.0.0
 */
export class EmulatorApi extends HttpApi.make("emulator")
  .add(EmulatorGroup, MessagesGroup, DevicesGroup, TopicsGroup, FaultsGroup, ProjectGroup)
  .middleware(Guard)
  .middleware(Token)
  .annotate(HttpApi.ParseOptions, { errors: "all" })
  // bounds are for what comes in: what the emulator itself counts may have passed them
  .annotate(HttpApi.SuccessParseOptions, { disableChecks: true })
  .annotate(HttpApi.ErrorParseOptions, { disableChecks: true })
  .annotate(HttpApi.PayloadParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotate(HttpApi.QueryParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotateMerge(OpenApi.annotations({
    title: "Cloud Messaging emulator",
    version: "1",
    description:
      "See what arrived at the emulator, and arrange devices, topics, faults and time. Reads are GET, changes " +
      "are POST with a JSON body. The project `-` stands for all of them where a path allows it."
  }))
{}
