/** The service's side: nginx with its module echo, one worker, over TLS. No client's author wrote it. */
import { Data, Effect, FileSystem, Path, Schedule, Stream } from "effect"
import { ChildProcess } from "effect/process"
import * as Net from "node:net"
import { generate } from "selfsigned"
import { accessToken, message, tokensOf } from "../process/work.ts"

/** The benchmark cannot go on. */
export class Stopped extends Data.TaggedError("Stopped")<{ readonly message: string }> {}

const projectPath = (project: string) => `/v1/projects/${project}/messages:send`

// -----------------------------------------------------------------------------
// Installation
// -----------------------------------------------------------------------------

const debian = ["nginx-core", "libnginx-mod-http-echo", "nghttp2-client"]

const modules = "/etc/nginx/modules-enabled/*-mod-http-echo.conf"

/** What a command prints on both of its outputs; if it fails, that is why the benchmark stops. */
const run = Effect.fnUntraced(
  function*(command: string, args: ReadonlyArray<string>) {
    const handle = yield* ChildProcess.make(command, args, { stdin: "ignore" })
    const printed = yield* handle.all.pipe(Stream.decodeText(), Stream.mkString)
    const code = yield* handle.exitCode
    if (code !== 0) return yield* new Stopped({ message: `${command} ${args.join(" ")}: exit ${code}\n${printed}` })
    return printed
  },
  Effect.scoped,
  Effect.catchTag("PlatformError", ({ message }) => new Stopped({ message }))
)

const installed = Effect.all([run("nginx", ["-v"]), run("h2load", ["--version"]), run("sh", ["-c", `ls ${modules}`])])

/** Installs what is not there, where it may. */
const install = Effect.catchTag(
  installed,
  "Stopped",
  () =>
    run("sh", ["-c", `apt-get update && apt-get install -y ${debian.join(" ")}`]).pipe(
      Effect.mapError(({ message }) =>
        new Stopped({
          message: `The server is nginx with its module echo, h2load looks at it. On Debian, as root:\n` +
            `  apt-get install -y ${debian.join(" ")}\nThat was tried: ${message}`
        })
      ),
      Effect.andThen(installed)
    )
)

// -----------------------------------------------------------------------------
// Configuration
// -----------------------------------------------------------------------------

const result = `{"message_id":"0:1479123456789012%abcdef0123456789"}`

const locations = `
      location = ${projectPath("fast")} {
        default_type application/json;
        echo_read_request_body;
        echo -n '{"name":"projects/fast/messages/0:1479123456789012%abcdef0123456789"}';
      }
      location = ${projectPath("slow")} {
        default_type application/json;
        echo_read_request_body;
        echo_sleep 0.05;
        echo -n '{"name":"projects/slow/messages/0:1479123456789012%abcdef0123456789"}';
      }
      location = /fcm/send {
        default_type application/json;
        echo_read_request_body;
        echo -n '{"multicast_id":1479123456789012,"success":1000,"failure":0,"canonical_ids":0,"results":[';
        echo_duplicate 999 '${result},';
        echo -n '${result}]}';
      }
      location = /v1/traces {
        default_type application/json;
        echo_read_request_body;
        echo -n '{}';
      }`

const configuration = (folder: string, [port, goawayPort]: readonly [number, number]) => `
  include ${modules};
  worker_processes 1;
  daemon off;
  pid ${folder}/pid;
  error_log ${folder}/error.log;
  events { worker_connections 4096; }
  http {
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    ssl_certificate ${folder}/certificate.pem;
    ssl_certificate_key ${folder}/key.pem;
    ssl_protocols TLSv1.3;
    http2_max_concurrent_streams 100;
    client_body_buffer_size 256k;
    client_max_body_size 1m;
    keepalive_timeout 1h;
    map $request_body $token { "~\\"token\\":\\"(?<found>[^:\\"]+)" $found; }
    log_format accepted '$token $status';
    server {
      listen 127.0.0.1:${port} ssl http2;
      keepalive_requests 1000000000;
      access_log off;${locations}
    }
    server {
      listen 127.0.0.1:${goawayPort} ssl http2;
      keepalive_requests 1000;
      access_log ${folder}/accepted.log accepted;${locations}
    }
  }
`

/** For the host of FCM, too, since some clients know no other. */
const certificate = Effect.promise(() =>
  generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      {
        name: "subjectAltName",
        altNames: [{ type: 2, value: "localhost" }, { type: 2, value: "fcm.googleapis.com" }, {
          type: 7,
          ip: "127.0.0.1"
        }]
      }
    ]
  })
)

const freePort = Effect.callback<number>((resume) => {
  const server = Net.createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const isListening = (port: number) =>
  Effect.callback<void, Stopped>((resume) => {
    const socket = Net.connect(port, "127.0.0.1")
    socket.on("connect", () => resume(Effect.void))
    socket.on("error", ({ message }) => resume(new Stopped({ message: `nginx does not listen: ${message}` })))
    return Effect.sync(() => socket.destroy())
  })

// -----------------------------------------------------------------------------
// The server
// -----------------------------------------------------------------------------

export type Server = Effect.Success<typeof start>

/** Runs as long as the scope is open. */
export const start = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const printed = yield* install
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "cloud-messaging-bench-" })
  const files = { certificate: join(folder, "certificate.pem"), accepted: join(folder, "accepted.log") }
  const ports = [yield* freePort, yield* freePort] as const
  const { cert, private: key } = yield* certificate
  yield* fs.writeFileString(files.certificate, cert)
  yield* fs.writeFileString(join(folder, "key.pem"), key)
  yield* fs.writeFileString(join(folder, "nginx.conf"), configuration(folder, ports))
  yield* ChildProcess.make("nginx", ["-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")], {
    stdout: "ignore",
    stderr: "inherit"
  })
  yield* Effect.retry(isListening(ports[0]), { schedule: Schedule.spaced("50 millis"), times: 100 })
  const origin = `https://127.0.0.1:${ports[0]}`
  return {
    /** 100 streams a connection, as Google's servers have it. */
    origin,
    /** The same, and says GOAWAY after each 1000 requests; it writes down what it accepts. */
    goawayOrigin: `https://127.0.0.1:${ports[1]}`,
    /** File of the authority to trust, in PEM. */
    certificate: files.certificate,
    versions: printed.slice(0, 2).map((version) => /\w+\/[\d.]+/.exec(version)?.[0] ?? version.trim()),
    /** What it answers to h2load on one connection, in requests a second. */
    ceiling: h2load(`${origin}${projectPath("fast")}`, folder),
    /** How often each token that begins with this was accepted by the server that says GOAWAY. */
    accepted: (run: string) =>
      Effect.map(fs.readFileString(files.accepted), (log) => {
        const times = new Map<string, number>()
        for (const line of log.split("\n")) {
          const [token = "", status] = line.split(" ")
          if (status === "200" && token.startsWith(run)) times.set(token, (times.get(token) ?? 0) + 1)
        }
        return times
      })
  }
})

const h2load = Effect.fnUntraced(function*(url: string, folder: string) {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const body = join(folder, "body.json")
  const [token] = tokensOf("h2load")(1)
  yield* fs.writeFileString(body, JSON.stringify({ message: { ...message, token } }))
  const headers = [`authorization: Bearer ${accessToken}`, "content-type: application/json"]
  const printed = yield* run("h2load", [
    "--requests=50000",
    "--clients=1",
    "--max-concurrent-streams=100",
    `--data=${body}`,
    ...headers.flatMap((header) => ["-H", header]),
    url
  ])
  const rate = /([\d.]+) req\/s/.exec(printed)?.[1]
  if (rate === undefined || !printed.includes("50000 2xx")) {
    return yield* new Stopped({ message: `h2load:\n${printed}` })
  }
  return Number(rate)
})
