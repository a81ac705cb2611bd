/** Law 4: whether a request was written, from what clients fail with. The errors are as the runtimes made them. */
import { Message, Messaging, RequestNotSent, RetryPolicy, SendError } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import * as Http from "./utils/http.ts"

/** A send whose client fails so. At most once: what was written is not for another attempt. */
const sendOver = (cause: unknown) =>
  Effect.gen(function*() {
    const send = Messaging.send(Message.make({ data: { score: 42 } }), "a", { delivery: "atMostOnce" })
    const error = yield* Effect.flip(send)
    assert.strictEqual(error._tag, "TransportError")
    const { ambiguous, message } = error._tag === "TransportError" ? error : { ambiguous: undefined, message: "" }
    return {
      written: ambiguous,
      again: SendError.retry(error).length,
      detail: message.replace("the connection to fcm.googleapis.com failed: ", "")
    }
  }).pipe(Effect.provide(Http.fcm(() => Effect.fail(cause))))

const failure = (message: string, fields: object = {}, cause?: unknown) =>
  Object.assign(new Error(message, { cause }), fields)

const node = (code: string, syscall: string) => failure(`${syscall} ${code} 203.0.113.1:443`, { code, syscall })

/** fetch of Node: it says nothing, its cause does. */
const fetchFailed = (cause: unknown) => failure("fetch failed", {}, cause)

const deno = (text: string) =>
  fetchFailed(failure(`error sending request for url (https://push.example/send?key=secret): ${text}`))

const bun = (code: string, message: string, fields: object = {}) =>
  failure(message, { code, errno: 0, path: "https://push.example/send?key=secret", ...fields })

const openssl = (text: string) =>
  `405DE637247F0000:error:0A00042E:SSL routines:${text}`.replaceAll("rec_layer", "../deps/openssl/record/rec_layer")

const several = (...errors: ReadonlyArray<Error>) => new AggregateError(errors)

const notWritten: Record<string, readonly [cause: unknown, detail: string]> = {
  // Node 24.21, through undici 8.13 and fetch
  "no route": [node("EHOSTUNREACH", "connect"), "EHOSTUNREACH"],
  "no network": [fetchFailed(node("ENETUNREACH", "connect")), "ENETUNREACH"],
  "a SYN without an answer": [node("ETIMEDOUT", "connect"), "ETIMEDOUT"],
  "a firewall": [node("EACCES", "connect"), "EACCES"],
  "no port left": [node("EADDRNOTAVAIL", "connect"), "EADDRNOTAVAIL"],
  "no file descriptor left": [node("EMFILE", "connect"), "EMFILE"],
  "an address that is not ours": [node("EADDRNOTAVAIL", "bind"), "EADDRNOTAVAIL"],
  "refused": [fetchFailed(node("ECONNREFUSED", "connect")), "ECONNREFUSED"],
  "no such name": [fetchFailed(node("ENOTFOUND", "getaddrinfo")), "ENOTFOUND"],
  "no answer of the name server": [node("EAI_FAIL", "getaddrinfo"), "EAI_FAIL"],
  "a name looked up by DNS": [node("ESERVFAIL", "queryA"), "ESERVFAIL"],
  "several addresses": [
    fetchFailed(several(node("ENETUNREACH", "connect"), node("ETIMEDOUT", "connect"))),
    "ENETUNREACH"
  ],
  "deep within": [failure("a", {}, failure("b", {}, fetchFailed(several(node("ETIMEDOUT", "connect"))))), "ETIMEDOUT"],
  "undici's own timeout": [
    failure("Connect Timeout Error", { code: "UND_ERR_CONNECT_TIMEOUT" }),
    "UND_ERR_CONNECT_TIMEOUT"
  ],
  "a certificate": [
    failure("self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca", {
      code: "DEPTH_ZERO_SELF_SIGNED_CERT"
    }),
    "the certificate was refused (DEPTH_ZERO_SELF_SIGNED_CERT)"
  ],
  "a certificate of another": [
    fetchFailed(
      failure("Hostname/IP does not match certificate's altnames: IP: 10.255.255.1 is not in the cert's list: ", {
        code: "ERR_TLS_CERT_ALTNAME_INVALID"
      })
    ),
    "the certificate was refused (ERR_TLS_CERT_ALTNAME_INVALID)"
  ],
  "TLS closed": [
    failure("Client network socket disconnected before secure TLS connection was established", { code: "ECONNRESET" }),
    "the TLS handshake failed"
  ],
  "TLS too old": [
    fetchFailed(
      failure(openssl("ssl3_read_bytes:tlsv1 alert protocol version:rec_layer_s3.c:918:SSL alert number 70\n"), {
        code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"
      })
    ),
    "the TLS handshake failed"
  ],
  "TLS without a common cipher, through node:https": [
    failure(
      `write EPROTO ${
        openssl("ssl3_read_bytes:ssl/tls alert handshake failure:rec_layer_s3.c:918:SSL alert number 40\n")
      }`,
      { code: "EPROTO", syscall: "write" }
    ),
    "the TLS handshake failed"
  ],
  "no TLS": [
    failure(openssl("tls_validate_record_header:wrong version number:rec_layer/tlsany_meth.c:77:\n"), {
      code: "ERR_SSL_WRONG_VERSION_NUMBER"
    }),
    "TLS is not spoken there"
  ],
  "a port that fetch does not use": [fetchFailed(failure("bad port")), "fetch blocks this port"],
  "a proxy, through undici": [
    failure("Proxy response (407) !== 200 when HTTP Tunneling", { code: "UND_ERR_ABORTED" }),
    "the proxy answered 407"
  ],
  "a proxy, through node:https": [
    failure("Failed to establish tunnel to push.example:443 via http://127.0.0.1:40483/: HTTP/1.1 502 X", {
      code: "ERR_PROXY_TUNNEL",
      statusCode: 502
    }),
    "the proxy answered 502"
  ],
  // Deno 2.9.6
  "Deno, refused": [
    deno("client error (Connect): tcp connect error: Connection refused (os error 111)"),
    "no connection"
  ],
  "Deno, no route": [
    deno("client error (Connect): tcp connect error: No route to host (os error 113)"),
    "no connection"
  ],
  "Deno, no such name": [
    deno(
      "client error (Connect): dns error: failed to lookup address information: Name or service not known"
    ),
    "the host name cannot be resolved"
  ],
  "Deno, a certificate": [
    deno("client error (Connect): invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))"),
    "the certificate was refused"
  ],
  "Deno, no TLS": [
    deno("client error (Connect): received corrupt message of type InvalidContentType"),
    "no connection"
  ],
  "Deno, TLS closed": [deno("client error (Connect): tls handshake eof"), "no connection"],
  "Deno, a proxy that knows its users": [
    deno("client error (Connect): proxy authentication required"),
    "the proxy answered 407"
  ],
  "Deno, a proxy": [deno("client error (Connect): unsuccessful tunnel"), "the proxy refused"],
  "Deno, a port that fetch does not use": [
    failure("Fetch failed: Requests to port 9 are blocked"),
    "fetch blocks this port"
  ],
  // Bun 1.4.5
  "Bun, refused": [
    bun("ECONNREFUSED", "ECONNREFUSED: Unable to connect. Is the computer able to access the url?"),
    "ECONNREFUSED"
  ],
  "Bun, no route": [
    bun("EHOSTUNREACH", "EHOSTUNREACH: Unable to connect. Is the computer able to access the url?"),
    "EHOSTUNREACH"
  ],
  "Bun, no network": [bun("ENETUNREACH", "ENETUNREACH: Was there a typo in the url or port?"), "ENETUNREACH"],
  "Bun, no such name": [
    bun("ENOTFOUND", "getaddrinfo ENOTFOUND does-not-exist.invalid", { syscall: "getaddrinfo" }),
    "ENOTFOUND"
  ],
  "Bun, a certificate": [
    bun("CERT_HAS_EXPIRED", "certificate has expired"),
    "the certificate was refused (CERT_HAS_EXPIRED)"
  ],
  "Bun, no TLS": [
    bun("EPROTO", "EPROTO: The TLS handshake failed. Does the server speak TLS on this port?"),
    "the TLS handshake failed"
  ],
  "Bun, a proxy": [
    bun("ERR_PROXY_TUNNEL", "Proxy refused to open a tunnel: 407 X", { status: 407, statusText: "X" }),
    "the proxy answered 407"
  ],
  // Bun 1.2.23
  "an older Bun, refused": [
    bun("ConnectionRefused", "Unable to connect. Is the computer able to access the url?"),
    "ConnectionRefused"
  ],
  "an older Bun, no network": [bun("FailedToOpenSocket", "Was there a typo in the url or port?"), "FailedToOpenSocket"]
}

const maybeWritten: Record<string, readonly [cause: unknown, detail: string]> = {
  // Node 24.21, through undici 8.13 and fetch
  "reset": [fetchFailed(node("ECONNRESET", "read")), "ECONNRESET"],
  "broken": [node("EPIPE", "write"), "EPIPE"],
  "timed out": [node("ETIMEDOUT", "read"), "ETIMEDOUT"],
  "no route any more": [node("EHOSTUNREACH", "read"), "EHOSTUNREACH"],
  "closed": [failure("other side closed", { code: "UND_ERR_SOCKET" }), "UND_ERR_SOCKET"],
  "late headers": [failure("Headers Timeout Error", { code: "UND_ERR_HEADERS_TIMEOUT" }), "UND_ERR_HEADERS_TIMEOUT"],
  "aborted": [failure("Request aborted", { code: "UND_ERR_ABORTED" }), "UND_ERR_ABORTED"],
  "several, one of them written": [
    several(node("ECONNREFUSED", "connect"), node("ECONNRESET", "read")),
    "ECONNREFUSED"
  ],
  "several that are none": [several(), "no reason given"],
  "TLS, an alert that may come at any time": [
    failure(openssl("ssl3_read_bytes:tlsv13 alert certificate required:rec_layer_s3.c:918:SSL alert number 116\n"), {
      code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"
    }),
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"
  ],
  "TLS, no record after others": [
    failure(openssl("tls_default_validate_record_header:wrong version number:rec_layer/tls_common.c:1001:\n"), {
      code: "ERR_SSL_WRONG_VERSION_NUMBER"
    }),
    "ERR_SSL_WRONG_VERSION_NUMBER"
  ],
  // Deno 2.9.6
  "Deno, closed": [
    fetchFailed(failure(
      "error sending request from 127.0.0.1:58126 for http://127.0.0.1:38505/send (127.0.0.1:38505): " +
        "client error (SendRequest): connection closed before message completed"
    )),
    "no reason given"
  ],
  "Deno, reset": [fetchFailed(failure("Connection reset by peer (os error 104)")), "no reason given"],
  // Bun 1.4.5
  "Bun, closed": [
    bun(
      "ECONNRESET",
      "ECONNRESET: The socket connection was closed unexpectedly. For more information, pass `verbose: true` in the second argument to fetch()"
    ),
    "ECONNRESET"
  ],
  // workerd 1.20260730: whether a connection was refused or broke
  "workerd, refused or broken": [
    failure("Network connection lost.", { remote: true, retryable: true }),
    "the connection was lost"
  ],
  "workerd, no such name": [
    failure("internal error; reference = vpl6elcuavc1d13rkv1kfcaa", { remote: true }),
    "no reason given"
  ],
  // whoever fails so
  "a text within a text": [
    failure("it said \"error sending request for url (https://a): client error (Connect)\""),
    "no reason given"
  ],
  "no error": ["ECONNREFUSED", "no reason given"],
  "nothing": [undefined, "no reason given"]
}

describe("nothing was written", () => {
  for (const [name, [cause, detail]] of Object.entries(notWritten)) {
    it.effect(name, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* sendOver(cause), { written: false, again: 1, detail })
      }))
  }
})

describe("it may have been written", () => {
  for (const [name, [cause, detail]] of Object.entries(maybeWritten)) {
    it.effect(name, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* sendOver(cause), { written: true, again: 0, detail })
      }))
  }

  it.effect("a cause of itself", () =>
    Effect.gen(function*() {
      const cause = failure("round", {})
      cause.cause = cause
      assert.deepStrictEqual(yield* sendOver(cause), { written: true, again: 0, detail: "no reason given" })
      const marked = { [RequestNotSent.TypeId]: true, cause: {} }
      marked.cause = marked
      assert.deepStrictEqual(yield* sendOver(marked), { written: false, again: 1, detail: "no reason given" })
    }))

  it.effect("errors that hold themselves, many times", () =>
    Effect.gen(function*() {
      const errors: Array<unknown> = []
      const cause = Object.assign(several(), { errors })
      for (let i = 0; i < 9; i++) errors.push(cause)
      assert.deepStrictEqual(yield* sendOver(cause), { written: true, again: 0, detail: "no reason given" })
    }))

  it.effect("a cause that cannot be read", () =>
    Effect.gen(function*() {
      const throwing = {
        get code(): string {
          throw new Error("token")
        }
      }
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      for (const cause of [throwing, proxy]) {
        assert.deepStrictEqual(yield* sendOver(cause), { written: true, again: 0, detail: "no reason given" })
      }
    }))

  it.effect("a client of undici that was destroyed, without a stack that tells when", () =>
    Effect.gen(function*() {
      for (const stack of [undefined, "", "ClientDestroyedError: The client is destroyed"]) {
        const cause = Object.assign(failure("The client is destroyed", { code: "UND_ERR_DESTROYED" }), { stack })
        assert.deepStrictEqual(yield* sendOver(cause), { written: true, again: 0, detail: "UND_ERR_DESTROYED" })
      }
    }))

  it.effect("many errors, the last of which was written", () =>
    Effect.gen(function*() {
      const refused = Array.from({ length: 20 }, () => node("ECONNREFUSED", "connect"))
      const { again, written } = yield* sendOver(several(...refused, node("ECONNRESET", "read")))
      assert.deepStrictEqual({ again, written }, { again: 0, written: true })
    }))
})

describe("RequestNotSent", () => {
  it.effect("shows its reason, else the code of its cause", () =>
    Effect.gen(function*() {
      const details = yield* Effect.forEach([
        new RequestNotSent.RequestNotSent({ reason: "the proxy answered 407", cause: { code: "EOTHER" } }),
        new RequestNotSent.RequestNotSent({ cause: node("ECONNRESET", "read") }),
        new RequestNotSent.RequestNotSent({ cause: "a text" })
      ], sendOver)
      assert.deepStrictEqual(details, [
        { written: false, again: 1, detail: "the proxy answered 407" },
        { written: false, again: 1, detail: "ECONNRESET" },
        { written: false, again: 1, detail: "no reason given" }
      ])
    }))

  it.effect("is known by its mark, wherever it comes from", () =>
    Effect.gen(function*() {
      const cause = { "~@cloud-messaging/client/RequestNotSent": true, reason: "the queue is full" }
      assert.deepStrictEqual(yield* sendOver(fetchFailed(cause)), {
        written: false,
        again: 1,
        detail: "the queue is full"
      })
    }))

  it.effect("of a closed client: one attempt, whatever the policy", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      for (
        const cause of [
          new RequestNotSent.RequestNotSent({ reason: "the client is closed", retryable: false }),
          failure("The client is closed", { code: "UND_ERR_CLOSED" })
        ]
      ) {
        const send = Messaging.send(Message.make({ data: { score: 42 } }), "a", { retryPolicy: RetryPolicy.standard })
        // it does not wait: no time passes here
        const fiber = yield* Effect.forkChild(
          Effect.flip(Effect.provide(send, Http.fcm(() => Effect.fail(cause), requests))),
          { startImmediately: true }
        )
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error.message, "the connection to fcm.googleapis.com failed: the client is closed")
        assert.deepStrictEqual(error.report.outcomes.map(({ _tag, disposition }) => [_tag, disposition]), [
          ["Unavailable", "retryLater"]
        ])
      }
      assert.strictEqual(requests.length, 2)
    }))
})

describe("the host", () => {
  it.effect("is named, with its port, and nothing else of the URL", () =>
    Effect.gen(function*() {
      const client = HttpClient.mapRequest(
        Http.make(() => Effect.fail(node("ECONNREFUSED", "connect"))),
        HttpClientRequest.setUrl("https://user:SECRET@push.example:8443/SECRET?key=SECRET")
      )
      const send = Messaging.send(Message.make({ data: { score: 42 } }), "a").pipe(
        Effect.provide(Http.fcmOver(client))
      )
      const error = yield* Effect.flip(send)
      assert.strictEqual(error.message, "the connection to push.example:8443 failed: ECONNREFUSED")
      assert.deepInclude(error.reason, { _tag: "Network", host: "push.example:8443" })
    }))
})
