/**
 * An emulator that runs as a server, by the same names as one in process: what a test arranges and asserts is written once.
 *
 * @since 1.0.0
 */
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Emulator from "./Emulator.ts"
import type * as Api from "./EmulatorApi.ts"
import { allProjects, EmulatorApi } from "./EmulatorApi.ts"
import * as Project from "./Project.ts"

// -----------------------------------------------------------------------------
// Options
// -----------------------------------------------------------------------------

/**
 * Which emulator.
 *
 * @category options
 * @since 1.0.0
 */
export interface Options {
  /** Its origin, such as `http://127.0.0.1:8025`. */
  readonly url: string
  /** Its token, if it has one. */
  readonly token?: Redacted.Redacted | undefined
}

/**
 * No emulator answers there, or not to us.
 *
 * @category errors
 * @since 1.0.0
 */
export class EmulatorUnreachable extends Data.TaggedError("EmulatorUnreachable")<{
  /** Where it should be. */
  readonly url: string
  /** What came instead. */
  readonly cause: Error
}> {
  override get message(): string {
    return `No emulator answers at ${this.url} (npx @cloud-messaging/emulator starts one): ${this.cause.message}`
  }
}

// -----------------------------------------------------------------------------
// Client
// -----------------------------------------------------------------------------

/**
 * The emulator at a `url`. Fails if none answers there; if it is gone later, or does not know a request, that is a defect:
 * a test can do nothing about it.
 *
 * **Gotchas**
 *
 * The server's clock and the test's are two: `messages.await` waits in real time, and `TestClock` moves nothing there.
 * `clock.advance` does.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(
  function*({ token, url }: Options): Effect.fn.Return<Emulator.Service, EmulatorUnreachable, HttpClient.HttpClient> {
    const client = yield* HttpApiClient.make(EmulatorApi, {
      baseUrl: url,
      transformClient: HttpClient.mapRequest((request) =>
        token === undefined ? request : HttpClientRequest.bearerToken(request, token)
      )
    })

    const messages = (project: string): Project.Messages => ({
      query: (filter = {}) => orDie(client.messages.query({ params: { project }, query: filter })),
      await: (filter, { count, timeout = "5 seconds" } = {}) =>
        orDie(client.messages.await({
          params: { project },
          query: { ...filter, count, timeout: Duration.fromInputUnsafe(timeout) }
        })),
      live: Stream.orDie(Stream.unwrap(orDie(client.messages.live({ params: { project } }))))
    })

    const faults = (project: string): Project.Faults => ({
      add: (fault) => orDie(client.faults.add({ params: { project }, payload: fault })),
      list: orDie(client.faults.list({ params: { project } })),
      remove: (id) => orDie(client.faults.remove({ params: { project }, payload: { id } })),
      clear: orDie(client.faults.clear({ params: { project }, payload: {} }))
    })

    const devices = (params: { readonly project: string }): Project.Devices => ({
      register: (payload) => orDie(client.devices.register({ params, payload })),
      get: (recipient) =>
        Effect.map(orDie(client.devices.list({ params, query: { recipient } })), ([device]) => device),
      list: orDie(client.devices.list({ params, query: {} })),
      setPresence: (recipient, presence) =>
        orDie(client.devices.presence({ params, payload: { recipient, presence } })),
      unregister: (recipient) => orDie(client.devices.unregister({ params, payload: { recipient } }))
    })

    const topics = (params: { readonly project: string }): Project.Topics => ({
      list: orDie(client.topics.list({ params })),
      subscribe: (recipient, topic) => orDie(client.topics.subscribe({ params, payload: { recipient, topic } })),
      unsubscribe: (recipient, topic) => orDie(client.topics.unsubscribe({ params, payload: { recipient, topic } }))
    })

    const all = { params: { project: allProjects } }
    const service: Emulator.Service = {
      messages: messages(allProjects),
      faults: faults(allProjects),
      requests: orDie(client.project.requests(all)),
      clock: {
        now: Effect.map(orDie(client.emulator.now()), ({ now }) => now),
        advance: (duration) =>
          Effect.map(
            orDie(client.emulator.advance({ payload: { by: Duration.fromInputUnsafe(duration) } })),
            ({ now }) => now
          )
      },
      projects: orDie(client.emulator.projects()),
      project: (name) => {
        const id = Project.Id.make(name)
        const params = { project: id }
        return {
          id,
          messages: messages(id),
          devices: devices(params),
          topics: topics(params),
          faults: faults(id),
          requests: orDie(client.project.requests({ params })),
          settings: orDie(client.project.settings({ params })),
          configure: (payload) => orDie(client.project.configure({ params, payload })),
          reset: orDie(client.project.reset({ params, payload: {} })),
          exportState: orDie(client.project.exportState({ params })),
          importState: (payload) => orDie(client.project.importState({ params, payload }))
        }
      },
      reset: orDie(client.project.reset({ ...all, payload: {} }))
    }
    yield* Effect.mapError(client.emulator.now(), (cause) => new EmulatorUnreachable({ url, cause }))
    return service
  }
)

/** What is no answer to what was asked. */
type Failure =
  | HttpClientError.HttpClientError
  | Schema.SchemaError
  | Api.WrongHost
  | Api.Unauthorized
  | Api.CrossOrigin
  | Api.NotJson
  | Api.TooLarge
  | Api.InvalidRequest

const failures: { readonly [Tag in Failure["_tag"]]: true } = {
  HttpClientError: true,
  SchemaError: true,
  WrongHost: true,
  Unauthorized: true,
  CrossOrigin: true,
  NotJson: true,
  TooLarge: true,
  InvalidRequest: true
}

const isAnswer = <E>(error: E): error is Exclude<E, Failure> =>
  !(Predicate.hasProperty(error, "_tag") && Predicate.isString(error._tag) && Object.hasOwn(failures, error._tag))

const orDie = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, Failure>, R> =>
  Effect.catch(effect, (error) => isAnswer(error) ? Effect.fail(error) : Effect.die(error))

// -----------------------------------------------------------------------------
// Layers
// -----------------------------------------------------------------------------

/**
 * `Emulator` over HTTP, by any `HttpClient`.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (
  options: Options
): Layer.Layer<Emulator.Emulator, EmulatorUnreachable, HttpClient.HttpClient> =>
  Layer.effect(Emulator.Emulator, make(options))

/**
 * What `npx @cloud-messaging/emulator exec` tells the command that it runs: `FIREBASE_MESSAGING_EMULATOR_HOST`, and
 * `CLOUD_MESSAGING_EMULATOR_TOKEN` if there is a token.
 *
 * @category configuration
 * @since 1.0.0
 */
export const environment: Config.Config<Options> = Config.all({
  url: Config.map(Config.NonEmptyString("FIREBASE_MESSAGING_EMULATOR_HOST"), (host) => `http://${host}`),
  token: Config.withDefault(Config.Redacted("CLOUD_MESSAGING_EMULATOR_TOKEN"), undefined)
})

/**
 * `Emulator` over HTTP, from configuration: by default that of `exec`.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerConfig = (
  config: Config.Wrap<Options> = environment
): Layer.Layer<Emulator.Emulator, EmulatorUnreachable | Config.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(Emulator.Emulator, Effect.flatMap(Config.unwrap(config), make))
