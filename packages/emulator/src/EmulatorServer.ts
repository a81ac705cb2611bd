/**
 * The emulator as a server, for any client: HTTP/1.1 and HTTP/2, in clear and over TLS, on one port. Needs Node.
 *
 * @since 1.0.0
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodePath from "@effect/platform-node/NodePath"
import * as ByteSize from "effect/ByteSize"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpServer from "effect/http/HttpServer"
import type * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import type * as PlatformError from "effect/PlatformError"
import * as Redacted from "effect/Redacted"
import * as Emulator from "./Emulator.ts"
import * as Certificate from "./internal/certificate.ts"
import * as certificateStore from "./internal/certificateStore.ts"
import * as control from "./internal/control.ts"
import * as controlGuard from "./internal/controlGuard.ts"
import * as movableClock from "./internal/movableClock.ts"
import * as nodeConnection from "./internal/nodeConnection.ts"
import * as Port from "./internal/port.ts"

/**
 * Where to listen, and what the emulator begins with.
 *
 * @category options
 * @since 1.0.0
 */
export interface Options extends Emulator.Options {
  /**
   * 1 to 65535; 0 takes a free port.
   *
   * @default 0
   */
  readonly port?: number | undefined
  /**
   * The address to listen on. Beyond this machine the control API needs a `token`; what Google's services are asked for
   * asks for none: any client sends what it has.
   *
   * @default "127.0.0.1"
   */
  readonly host?: string | undefined
  /**
   * Other names by which the control API may be asked, without a port: that of a container, say. It answers to `localhost`,
   * the addresses of the loopback and `host` anyway, and where `host` is beyond this machine to every address.
   *
   * @default []
   */
  readonly hostNames?: ReadonlyArray<string> | undefined
  /** What the control API wants as a bearer token. By default none. */
  readonly token?: Redacted.Redacted | undefined
  /**
   * The directory that keeps the certificate from one start to the next, with its key, in its folder `certificates` that
   * only this user may read. It is renewed there 30 days before its end, when its names change, when it is damaged, and
   * when this user does not own it. This user or root must own the directory and its parents, and no other user may write
   * to them (except in a sticky directory such as `/tmp`). By default the certificate is only for this server and is not
   * written to a file.
   */
  readonly stateDirectory?: string | undefined
}

/**
 * Where the emulator listens.
 *
 * @category services
 * @since 1.0.0
 */
export class EmulatorServer extends Context.Service<EmulatorServer, {
  /** The origin, such as `http://127.0.0.1:8025`: the `url` of `Fcm`. */
  readonly url: string
  /** The same over TLS, such as `https://127.0.0.1:8025`: for who trusts {@link ca}. */
  readonly secureUrl: string
  /** Such as `127.0.0.1:8025`: the value of `FIREBASE_MESSAGING_EMULATOR_HOST`. */
  readonly host: string
  /**
   * The certificate in PEM of the authority that signed the server's: what a client trusts, such as `Http2Client` with
   * `ca: [ca]`. It can name `localhost`, the loopback and the hosts of Google's messaging alone, and its key is gone.
   */
  readonly ca: string
  /** The file that holds {@link ca}, where there is a `stateDirectory`: the value of `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string | undefined
}>()("@cloud-messaging/emulator/EmulatorServer") {}

/**
 * The emulator was to listen beyond this machine without a token.
 *
 * @category errors
 * @since 1.0.0
 */
export class TokenRequired extends Data.TaggedError("TokenRequired")<{
  /** Where it was to listen. */
  readonly host: string
}> {
  override get message(): string {
    return `Others than this machine reach ${this.host}, so that the emulator needs a token there`
  }
}

/**
 * The certificate could not be kept where it was to be.
 *
 * @category errors
 * @since 1.0.0
 */
export class CertificateNotKept extends Data.TaggedError("CertificateNotKept")<{
  /** Where it was to be kept. */
  readonly directory: string
  /** What the file system said. */
  readonly cause: PlatformError.PlatformError
}> {
  override get message(): string {
    return `The certificate cannot be kept in ${this.directory}: ${this.cause.message}`
  }
}

/**
 * An emulator that listens as long as the layer lives. Fails with `ServeError` if the port is taken, with `TokenRequired`
 * if others than this machine reach `host` and there is no token, with `CertificateNotKept` if `stateDirectory` is no
 * writable directory, or is one that other users could replace.
 *
 * **Example** (FCM and GCM through a real connection)
 *
 * ```ts
 * import { EmulatorServer, layer } from "@cloud-messaging/emulator/EmulatorServer"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const { host } = yield* EmulatorServer
 *   yield* Console.log(`FIREBASE_MESSAGING_EMULATOR_HOST=${host}`)
 * }).pipe(Effect.provide(layer({ port: 0 })))
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (
  options: Options = {}
): Layer.Layer<
  EmulatorServer | Emulator.Emulator | Emulator.App,
  HttpServerError.ServeError | TokenRequired | CertificateNotKept
> =>
  Layer.effect(EmulatorServer, make(options)).pipe(
    Layer.provideMerge(Layer.provide(Emulator.layerWith(options), movableClock.layer))
  )

const make = Effect.fnUntraced(function*(options: Options) {
  const { host = "127.0.0.1", hostNames = [], port = 0, stateDirectory, token } = options
  const app = yield* Emulator.App
  const hasToken = token !== undefined && Redacted.value(token) !== ""
  if (!hasToken && !controlGuard.isLoopback(host)) return yield* new TokenRequired({ host })
  const controls = yield* control.make({ host, hostNames, token: hasToken ? token : undefined })
  const services = app.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, maxBody)
  )
  const { caFile, certificate } = yield* certificateOf(stateDirectory)
  const listener = Port.make(certificate)
  const server = yield* NodeHttpServer.make(() => listener.server, {
    host,
    port,
    // clients keep connections alive, and nothing is lost when an emulator ends
    gracefulShutdownTimeout: 0
  })
  yield* Effect.addFinalizer(() => Effect.sync(listener.destroy))
  yield* server.serve(Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ url }) => nodeConnection.handle(control.isControl(url) ? nodeConnection.processed(controls) : services)
  ))
  // who offers another protocol, as Java's client does HTTP/2, is answered in this one
  listener.server.removeAllListeners("upgrade")
  // who listens on every address is reached on this machine's own
  const url = HttpServer.formatAddress(server.address).replace("//0.0.0.0:", "//127.0.0.1:").replace(
    "//[::]:",
    "//[::1]:"
  )
  return { url, secureUrl: url.replace("http:", "https:"), host: new URL(url).host, ca: certificate.ca, caFile }
})

const certificateOf = (directory: string | undefined) =>
  directory === undefined
    ? Effect.map(Certificate.make, (certificate) => ({ certificate, caFile: undefined }))
    : certificateStore.keep(directory).pipe(
      Effect.mapError((cause) => new CertificateNotKept({ directory, cause })),
      Effect.provide([NodeFileSystem.layer, NodePath.layer])
    )

/** The most that a body may have: a thousand ids of the longest kind and a message, with much to spare. */
const maxBody = ByteSize.mebibytes(8)
