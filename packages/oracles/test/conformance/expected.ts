/** What each client was seen to say and to do, in every scenario. */
import type { scenarios } from "./scenarios.ts"

export type Table = keyof typeof scenarios

/** By table, with the name of its column. */
export interface Clients {
  readonly fcm: "firebase-admin" | "firebase-admin, HTTP/1.1" | "fcm-v1-http2" | "ours, `Fcm`"
  readonly gcm: "node-gcm" | "ours, `Gcm`"
  readonly token: "google-auth-library" | "ours, `ServiceAccount`"
}

/**
 * The client's own word (`nothing`: it never ends), and what the emulator recorded: requests, and messages that it
 * accepted.
 */
export type Cell = readonly [said: string, requests: number, accepted?: number]

export const expected: {
  readonly [T in Table]: { readonly [S in keyof typeof scenarios[T]]: { readonly [C in Clients[T]]: Cell } }
} = {
  fcm: {
    success: {
      "firebase-admin": ["accepted", 1, 1],
      "firebase-admin, HTTP/1.1": ["accepted", 1, 1],
      "fcm-v1-http2": ["accepted", 1, 1],
      "ours, `Fcm`": ["accepted", 1, 1]
    },
    unregistered: {
      "firebase-admin": ["messaging/registration-token-not-registered", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/registration-token-not-registered", 1, 0],
      "fcm-v1-http2": ["unregistered", 1, 0],
      "ours, `Fcm`": ["NotRegistered", 1, 0]
    },
    token: {
      "firebase-admin": ["messaging/invalid-argument", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/invalid-argument", 1, 0],
      "fcm-v1-http2": ["INVALID_ARGUMENT", 1, 0],
      "ours, `Fcm`": ["Failed: INVALID_ARGUMENT", 1, 0]
    },
    mixed: {
      "firebase-admin": ["accepted, messaging/invalid-argument, accepted", 3, 2],
      "firebase-admin, HTTP/1.1": ["accepted, messaging/invalid-argument, accepted", 3, 2],
      "fcm-v1-http2": ["INVALID_ARGUMENT", 3, 2],
      "ours, `Fcm`": ["accepted, Failed: INVALID_ARGUMENT, accepted", 3, 2]
    },
    message: {
      "firebase-admin": ["messaging/invalid-argument", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/invalid-argument", 1, 0],
      "fcm-v1-http2": ["INVALID_ARGUMENT", 1, 0],
      "ours, `Fcm`": ["ValidationError: InvalidMessage", 0, 0]
    },
    sender: {
      "firebase-admin": ["messaging/mismatched-credential", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/mismatched-credential", 1, 0],
      "fcm-v1-http2": ["PERMISSION_DENIED", 1, 0],
      "ours, `Fcm`": ["Failed: SENDER_ID_MISMATCH", 1, 0]
    },
    platform: {
      "firebase-admin": ["messaging/third-party-auth-error", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/third-party-auth-error", 1, 0],
      "fcm-v1-http2": ["UNAUTHENTICATED", 1, 0],
      "ours, `Fcm`": ["Failed: THIRD_PARTY_AUTH_ERROR", 1, 0]
    },
    credentials: {
      "firebase-admin": ["messaging/third-party-auth-error", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/third-party-auth-error", 1, 0],
      "fcm-v1-http2": ["UNAUTHENTICATED", 1, 0],
      "ours, `Fcm`": ["accepted", 2, 1]
    },
    permission: {
      "firebase-admin": ["messaging/mismatched-credential", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/mismatched-credential", 1, 0],
      "fcm-v1-http2": ["PERMISSION_DENIED", 1, 0],
      "ours, `Fcm`": ["AuthenticationError: PermissionDenied", 1, 0]
    },
    project: {
      "firebase-admin": ["messaging/registration-token-not-registered", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/registration-token-not-registered", 1, 0],
      "fcm-v1-http2": ["NOT_FOUND", 1, 0],
      "ours, `Fcm`": ["AuthenticationError: ProjectNotFound", 1, 0]
    },
    device: {
      "firebase-admin": ["messaging/message-rate-exceeded", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/message-rate-exceeded", 1, 0],
      "fcm-v1-http2": ["RESOURCE_EXHAUSTED", 1, 0],
      "ours, `Fcm`": ["accepted", 2, 1]
    },
    quota: {
      "firebase-admin": ["messaging/message-rate-exceeded", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/message-rate-exceeded", 1, 0],
      "fcm-v1-http2": ["RESOURCE_EXHAUSTED", 1, 0],
      "ours, `Fcm`": ["accepted", 2, 1]
    },
    internal: {
      "firebase-admin": ["messaging/internal-error", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/internal-error", 1, 0],
      "fcm-v1-http2": ["accepted", 2, 1],
      "ours, `Fcm`": ["accepted", 2, 1]
    },
    unavailable: {
      "firebase-admin": ["accepted", 2, 1],
      "firebase-admin, HTTP/1.1": ["accepted", 2, 1],
      "fcm-v1-http2": ["accepted", 2, 1],
      "ours, `Fcm`": ["accepted", 2, 1]
    },
    down: {
      "firebase-admin": ["messaging/server-unavailable", 5, 0],
      "firebase-admin, HTTP/1.1": ["messaging/server-unavailable", 5, 0],
      "fcm-v1-http2": ["UNAVAILABLE", 10, 0],
      "ours, `Fcm`": ["TransportError: ServerError", 6, 0]
    },
    page: {
      "firebase-admin": ["messaging/unknown-error", 1, 0],
      "firebase-admin, HTTP/1.1": ["messaging/unknown-error", 1, 0],
      "fcm-v1-http2": ["accepted", 2, 1],
      "ours, `Fcm`": ["accepted", 2, 1]
    },
    reset: {
      "firebase-admin": ["app/network-error", 1, 0],
      "firebase-admin, HTTP/1.1": ["accepted", 2, 1],
      "fcm-v1-http2": ["accepted", 2, 1],
      "ours, `Fcm`": ["accepted", 2, 1]
    },
    cut: {
      "firebase-admin": ["app/network-error", 1, 1],
      "firebase-admin, HTTP/1.1": ["nothing", 1, 1],
      "fcm-v1-http2": ["accepted", 2, 2],
      "ours, `Fcm`": ["accepted", 2, 2]
    },
    goaway: {
      "firebase-admin": ["accepted", 1, 1],
      "firebase-admin, HTTP/1.1": ["accepted", 1, 1],
      "fcm-v1-http2": ["accepted", 1, 1],
      "ours, `Fcm`": ["accepted", 1, 1]
    },
    abrupt: {
      "firebase-admin": ["messaging/unknown-error", 1, 0],
      "firebase-admin, HTTP/1.1": ["accepted", 2, 1],
      "fcm-v1-http2": ["accepted", 2, 1],
      "ours, `Fcm`": ["accepted", 2, 1]
    },
    refused: {
      "firebase-admin": ["app/network-error", 1, 0],
      "firebase-admin, HTTP/1.1": ["accepted", 2, 1],
      "fcm-v1-http2": ["accepted", 2, 1],
      "ours, `Fcm`": ["accepted", 2, 1]
    }
  },
  gcm: {
    success: {
      "node-gcm": ["accepted", 1, 1],
      "ours, `Gcm`": ["accepted", 1, 1]
    },
    unregistered: {
      "node-gcm": ["NotRegistered", 1, 0],
      "ours, `Gcm`": ["NotRegistered", 1, 0]
    },
    token: {
      "node-gcm": ["InvalidRegistration", 1, 0],
      "ours, `Gcm`": ["Failed: InvalidRegistration", 1, 0]
    },
    mixed: {
      "node-gcm": ["accepted, InvalidRegistration, accepted", 1, 2],
      "ours, `Gcm`": ["accepted, Failed: InvalidRegistration, accepted", 1, 2]
    },
    message: {
      "node-gcm": ["MessageTooBig", 1, 0],
      "ours, `Gcm`": ["ValidationError: InvalidMessage", 0, 0]
    },
    sender: {
      "node-gcm": ["MismatchSenderId", 1, 0],
      "ours, `Gcm`": ["Failed: MismatchSenderId", 1, 0]
    },
    platform: {
      "node-gcm": ["InvalidApnsCredential", 1, 0],
      "ours, `Gcm`": ["Failed: InvalidApnsCredential", 1, 0]
    },
    device: {
      "node-gcm": ["DeviceMessageRateExceeded", 1, 0],
      "ours, `Gcm`": ["Failed: DeviceMessageRateExceeded", 1, 0]
    },
    internal: {
      "node-gcm": ["accepted", 2, 1],
      "ours, `Gcm`": ["accepted", 2, 1]
    },
    unavailable: {
      "node-gcm": ["accepted", 2, 1],
      "ours, `Gcm`": ["accepted", 2, 1]
    },
    down: {
      "node-gcm": ["Unavailable", 6, 0],
      "ours, `Gcm`": ["Unavailable: Unavailable", 6, 0]
    },
    request: {
      "node-gcm": ["400", 1, 0],
      "ours, `Gcm`": ["ValidationError: RejectedRequest", 1, 0]
    },
    credentials: {
      "node-gcm": ["401", 1, 0],
      "ours, `Gcm`": ["AuthenticationError: InvalidCredentials", 1, 0]
    },
    quota: {
      "node-gcm": ["429", 1, 0],
      "ours, `Gcm`": ["accepted", 2, 1]
    },
    error: {
      "node-gcm": ["accepted", 2, 1],
      "ours, `Gcm`": ["accepted", 2, 1]
    },
    closed: {
      "node-gcm": ["accepted", 2, 1],
      "ours, `Gcm`": ["accepted", 2, 1]
    },
    page: {
      "node-gcm": ["accepted", 2, 1],
      "ours, `Gcm`": ["accepted", 2, 1]
    },
    reset: {
      "node-gcm": ["accepted", 2, 1],
      "ours, `Gcm`": ["accepted", 2, 1]
    },
    cut: {
      "node-gcm": ["accepted", 2, 2],
      "ours, `Gcm`": ["accepted", 2, 2]
    }
  },
  token: {
    success: {
      "google-auth-library": ["a token", 1],
      "ours, `ServiceAccount`": ["a token", 1]
    },
    account: {
      "google-auth-library": ["invalid_grant", 1],
      "ours, `ServiceAccount`": ["InvalidGrant", 1]
    },
    quota: {
      "google-auth-library": ["a token", 2],
      "ours, `ServiceAccount`": ["Unreachable", 1]
    },
    internal: {
      "google-auth-library": ["a token", 2],
      "ours, `ServiceAccount`": ["Unreachable", 1]
    },
    unavailable: {
      "google-auth-library": ["a token", 2],
      "ours, `ServiceAccount`": ["Unreachable", 1]
    },
    page: {
      "google-auth-library": ["a token", 2],
      "ours, `ServiceAccount`": ["Unreachable", 1]
    },
    reset: {
      "google-auth-library": ["a token", 2],
      "ours, `ServiceAccount`": ["Unreachable", 1]
    },
    cut: {
      "google-auth-library": ["a token", 2],
      "ours, `ServiceAccount`": ["Unreachable", 1]
    }
  }
}
