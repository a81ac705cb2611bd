/**
 * The headers that name the account and the quota project of a request to FCM v1.
 */
import * as Headers from "effect/http/Headers"
import * as Redacted from "effect/Redacted"
import { type AccessToken, AccessTokenError, InvalidKey } from "../AccessToken.ts"

/** The headers of requests with a credential; the same ones for as long as they hold. */
export type Authorize = (credential: Redacted.Redacted) => Headers.Headers

/** Caches the headers: many requests share a token and a quota project. */
export const make = (accessToken: AccessToken["Service"]): Authorize => {
  let last:
    | { readonly credential: Redacted.Redacted; readonly project: string; readonly headers: Headers.Headers }
    | undefined
  return (credential) => {
    const project = accessToken.quotaProject ?? ""
    if (last?.credential !== credential || last.project !== project) {
      const authorization = `Bearer ${Redacted.value(credential)}`
      const headers = Headers.fromInput(project === "" ? { authorization } : { authorization, [header]: project })
      last = { credential, project, headers }
    }
    return last.headers
  }
}

const header = "x-goog-user-project"

/** The error of a quota project that is not a valid header value. */
export const unfit = ({ quotaProject = "" }: AccessToken["Service"]): AccessTokenError | undefined =>
  unfitHeader("the quota project", quotaProject)

/** The error of a text that is not a valid header value: the client would report it as a network error. */
export const unfitHeader = (what: string, text: string): AccessTokenError | undefined =>
  /^[\x21-\x7e]*$/.test(text)
    ? undefined
    : new AccessTokenError({
      reason: new InvalidKey({ detail: `${what} contains spaces, line breaks or non-ASCII characters` })
    })
