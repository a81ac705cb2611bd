/** What is arranged at the emulator, for one message, or for one access token. */
import { Fault } from "@cloud-messaging/emulator"

export interface Scenario {
  readonly what: string
  /** Magic names of the emulator's, one a recipient; by default `ok`, and one. */
  readonly fates?: ReadonlyArray<string>
  readonly fault?: Fault.Fault
  readonly data?: { readonly [key: string]: string }
  /** Of the account that asks for a token. */
  readonly email?: string
}

/** What a client is asked: to send, and to say in its own words what became of it. */
export interface Question {
  readonly project: string
  readonly recipients: ReadonlyArray<string>
  readonly data: { readonly [key: string]: string }
}

/** Whether what was refused would be accepted if it came again. */
export const isPassing = ({ fates = [], fault }: Scenario): boolean =>
  fates.some((fate) => fate.endsWith("-1")) || fault?.times !== undefined

const once = (effect: Fault.Effect): Pick<Scenario, "fault"> => ({ fault: { effect, times: 1 } })

const respond = (status: number, retryAfter?: number): Fault.Effect => ({
  _tag: "Respond",
  status,
  ...retryAfter === undefined ? {} : { retryAfter }
})

const page = { fault: { ...Fault.presets["html-502"], probability: 1, times: 1 } }

const tooMuch = { data: { text: "x".repeat(5000) } }

/** Of FCM v1. */
const fcm = {
  success: { what: "accepted" },
  unregistered: { what: "404 UNREGISTERED", fates: ["unregistered"] },
  token: { what: "400 INVALID_ARGUMENT, of the token", fates: ["invalid"] },
  mixed: { what: "the same, of the second of three recipients", fates: ["ok", "invalid", "ok"] },
  message: { what: "400 INVALID_ARGUMENT, of the message", ...tooMuch },
  sender: { what: "403 SENDER_ID_MISMATCH", fates: ["mismatch"] },
  platform: { what: "401 THIRD_PARTY_AUTH_ERROR", fates: ["apns-auth"] },
  credentials: { what: "401, the access token alone, once", ...once(respond(401)) },
  permission: { what: "403, the project", fault: { effect: respond(403) } },
  project: { what: "404, the project", fault: { effect: respond(404) } },
  device: { what: "429 QUOTA_EXCEEDED, the device, `Retry-After: 1`, once", fates: ["quota-1"] },
  quota: { what: "429 QUOTA_EXCEEDED, the project, `Retry-After: 1`, once", ...once(respond(429, 1)) },
  internal: { what: "500 INTERNAL, `Retry-After: 1`, once", fates: ["internal-1"] },
  unavailable: { what: "503 UNAVAILABLE, `Retry-After: 1`, once", fates: ["unavailable-1"] },
  down: { what: "503 UNAVAILABLE, `Retry-After: 1`, always", fates: ["unavailable"] },
  page: { what: "502, a page of HTML, once", ...page },
  reset: { what: "the connection (HTTP/2: the stream) drops without an answer, once", ...once({ _tag: "Reset" }) },
  cut: { what: "accepted, and the answer is cut, once", ...once({ _tag: "Cut" }) },
  goaway: { what: "accepted, and GOAWAY: no more on this connection", ...once({ _tag: "GoAway" }) },
  abrupt: { what: "GOAWAY that leaves the request out, once", ...once({ _tag: "GoAway", abrupt: true }) },
  refused: { what: "REFUSED_STREAM, once", ...once({ _tag: "RefuseStream" }) }
} as const satisfies { readonly [name: string]: Scenario }

/** Of GCM. */
const gcm = {
  success: { what: "accepted" },
  unregistered: { what: "`NotRegistered`", fates: ["unregistered"] },
  token: { what: "`InvalidRegistration`", fates: ["invalid"] },
  mixed: { what: "the same, of the second of three recipients", fates: ["ok", "invalid", "ok"] },
  message: { what: "`MessageTooBig`", ...tooMuch },
  sender: { what: "`MismatchSenderId`", fates: ["mismatch"] },
  platform: { what: "`InvalidApnsCredential`", fates: ["apns-auth"] },
  device: { what: "`DeviceMessageRateExceeded`, once", fates: ["quota-1"] },
  internal: { what: "`InternalServerError`, once", fates: ["internal-1"] },
  unavailable: { what: "`Unavailable`, once", fates: ["unavailable-1"] },
  down: { what: "`Unavailable`, always", fates: ["unavailable"] },
  request: { what: "400", fault: { effect: respond(400) } },
  credentials: { what: "401", fault: { effect: respond(401) } },
  quota: { what: "429, `Retry-After: 1`, once", ...once(respond(429, 1)) },
  error: { what: "500, `Retry-After: 1`, once", ...once(respond(500, 1)) },
  closed: { what: "503, `Retry-After: 1`, once", ...once(respond(503, 1)) },
  page: { what: "502, a page of HTML, once", ...page },
  reset: { what: "the connection drops without an answer, once", ...once({ _tag: "Reset" }) },
  cut: { what: "accepted, and the answer is cut, once", ...once({ _tag: "Cut" }) }
} as const satisfies { readonly [name: string]: Scenario }

/** Of the token endpoint. */
const token = {
  success: { what: "a token" },
  account: { what: "400 `invalid_grant`: no such account", email: "nobody@example.com" },
  quota: { what: "429, `Retry-After: 1`, once", ...once(respond(429, 1)) },
  internal: { what: "500, once", ...once(respond(500)) },
  unavailable: { what: "503, `Retry-After: 1`, once", ...once(respond(503, 1)) },
  page: { what: "502, a page of HTML, once", ...page },
  reset: { what: "the connection drops without an answer, once", ...once({ _tag: "Reset" }) },
  cut: { what: "a token, and the answer is cut, once", ...once({ _tag: "Cut" }) }
} as const satisfies { readonly [name: string]: Scenario }

export const scenarios = { fcm, gcm, token }
