/**
 * The control API, and the page that describes it.
 */
import * as Effect from "effect/Effect"
import { flow } from "effect/Function"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiScalar from "effect/http-api/HttpApiScalar"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Emulator from "../Emulator.ts"
import { allProjects, EmulatorApi, root } from "../EmulatorApi.ts"
import * as Fault from "../Fault.ts"
import * as guard from "./controlGuard.ts"

/** Whether a path is the control API's. */
export const isControl = (url: string): boolean => /^\/emulator($|[/?])/.test(url)

// -----------------------------------------------------------------------------
// Handlers
// -----------------------------------------------------------------------------

interface InProject {
  readonly params: { readonly project: string }
}

const projectOf = ({ params }: InProject) => Emulator.project(params.project)

/** What a project has as all of them together do. */
const scopeOf = ({ params }: InProject) =>
  Effect.map(
    Emulator.Emulator,
    (emulator) => params.project === allProjects ? emulator : emulator.project(params.project)
  )

const emulator = HttpApiBuilder.group(EmulatorApi, "emulator", (handlers) =>
  handlers.handleAll({
    projects: () => Emulator.Emulator.use(({ projects }) => projects),
    now: () => Emulator.Emulator.use(({ clock }) => Effect.map(clock.now, (now) => ({ now }))),
    advance: ({ payload }) =>
      Emulator.Emulator.use(({ clock }) => Effect.map(clock.advance(payload.by), (now) => ({ now })))
  }))

const messages = HttpApiBuilder.group(EmulatorApi, "messages", (handlers) =>
  handlers.handleAll({
    query: (request) => Effect.flatMap(scopeOf(request), ({ messages }) => messages.query(request.query)),
    await: (request) => {
      const { count, timeout, ...filter } = request.query
      return Effect.flatMap(scopeOf(request), ({ messages }) => messages.await(filter, { count, timeout }))
    },
    // one by one: what a slow reader leaves unread is not written out for it
    live: (request) => Effect.map(scopeOf(request), ({ messages }) => Stream.rechunk(messages.live, 1))
  }))

const devices = HttpApiBuilder.group(EmulatorApi, "devices", (handlers) =>
  handlers.handleAll({
    list: Effect.fnUntraced(function*(request) {
      const { devices } = yield* projectOf(request)
      const { recipient } = request.query
      if (recipient === undefined) return yield* devices.list
      const device = yield* devices.get(recipient)
      return device === undefined ? [] : [device]
    }),
    register: (request) => Effect.flatMap(projectOf(request), ({ devices }) => devices.register(request.payload)),
    presence: (request) =>
      Effect.flatMap(projectOf(request), ({ devices }) =>
        devices.setPresence(request.payload.recipient, request.payload.presence)),
    unregister: (request) =>
      Effect.flatMap(projectOf(request), ({ devices }) =>
        devices.unregister(request.payload.recipient))
  }))

const topics = HttpApiBuilder.group(EmulatorApi, "topics", (handlers) =>
  handlers.handleAll({
    list: (request) => Effect.flatMap(projectOf(request), ({ topics }) => topics.list),
    subscribe: (request) =>
      Effect.flatMap(projectOf(request), ({ topics }) =>
        topics.subscribe(request.payload.recipient, request.payload.topic)),
    unsubscribe: (request) =>
      Effect.flatMap(projectOf(request), ({ topics }) =>
        topics.unsubscribe(request.payload.recipient, request.payload.topic))
  }))

const faults = HttpApiBuilder.group(EmulatorApi, "faults", (handlers) =>
  handlers.handleAll({
    list: (request) => Effect.flatMap(scopeOf(request), ({ faults }) => faults.list),
    add: (request) => {
      const { preset, ...fault } = request.payload
      const whole = preset === undefined ? fault : { ...Fault.presets[preset], ...fault }
      return Effect.flatMap(scopeOf(request), ({ faults }) => faults.add(whole))
    },
    remove: (request) => Effect.flatMap(scopeOf(request), ({ faults }) => faults.remove(request.payload.id)),
    clear: (request) => Effect.flatMap(scopeOf(request), ({ faults }) => faults.clear)
  }))

const project = HttpApiBuilder.group(EmulatorApi, "project", (handlers) =>
  handlers.handleAll({
    requests: (request) => Effect.flatMap(scopeOf(request), ({ requests }) => requests),
    reset: (request) => Effect.flatMap(scopeOf(request), ({ reset }) => reset),
    settings: (request) => Effect.flatMap(projectOf(request), ({ settings }) => settings),
    configure: (request) => Effect.flatMap(projectOf(request), ({ configure }) => configure(request.payload)),
    exportState: (request) => Effect.flatMap(projectOf(request), ({ exportState }) => exportState),
    importState: (request) => Effect.flatMap(projectOf(request), ({ importState }) => importState(request.payload))
  }))

// -----------------------------------------------------------------------------
// App
// -----------------------------------------------------------------------------

/** The app of every path that is the control API's. */
export const make = Effect.fnUntraced(function*(settings: guard.Settings) {
  const context = yield* Effect.context<Emulator.Emulator>()
  const app = yield* HttpRouter.toHttpEffect(
    Layer.mergeAll(
      HttpApiBuilder.layer(EmulatorApi, { openapiPath: `${root}/openapi.json` }),
      // its fonts would come from another host
      HttpApiScalar.layer(EmulatorApi, { path: `${root}/docs`, scalar: { withDefaultFonts: false } })
    ).pipe(
      Layer.provide([emulator, messages, devices, topics, faults, project]),
      Layer.provide([guard.layerGuard, guard.layerToken(settings), HttpServer.layerServices])
    )
  ).pipe(
    // ids of projects stand in paths, each character of which may be written as many
    Effect.provideService(HttpRouter.RouterConfig, { maxParamLength: 4096 })
  )
  return app.pipe(
    Effect.catchTag("HttpServerError", () => Effect.succeed(notFound)),
    Effect.provideContext(context),
    guard.ownHost(settings),
    Effect.map(flow(kept, HttpServerResponse.setHeaders(headers)))
  )
})

const notFound = HttpServerResponse.jsonUnsafe({ _tag: "NotFound", message: "The control API has no such path" }, {
  status: 404
})

/**
 * A live feed with comments in between: the first lets who asks know that it began, the others keep those in the middle from
 * taking it for dead.
 */
const kept = (response: HttpServerResponse.HttpServerResponse) => {
  const { body } = response
  return body._tag === "Stream"
    ? HttpServerResponse.setBody(
      response,
      HttpBody.stream(Stream.merge(body.stream, comments, { haltStrategy: "left" }), body.contentType)
    )
    : response
}

const comments = Stream.tick("15 seconds").pipe(Stream.map(() => ":\n\n"), Stream.encodeText)

const headers = {
  "cache-control": "no-store",
  // no other site may show what is here in a frame of its own, or use it as a script or an image; nor does a page ask others
  "content-security-policy": "connect-src 'self'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff"
}
