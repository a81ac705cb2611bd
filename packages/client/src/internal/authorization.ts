/**
 * What says on whose behalf a request to FCM v1 is made.
 */
import * as Headers from "effect/http/Headers"
import * as Redacted from "effect/Redacted"
import { type AccessToken, AccessTokenError, InvalidKey } from "../AccessToken.ts"

/** The headers of requests with a credential; the same ones for as long as they hold. */
export type Authorize = (credential: Redacted.Redacted) => Headers.Headers

/** One token, and one quota project, serve many requests. */
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

/** What is wrong with a quota project that no header can hold. */
export const unfit = ({ quotaProject = "" }: AccessToken["Service"]): AccessTokenError | undefined =>
  unfitHeader("the quota project", quotaProject)

/** What is wrong with a text that no header can hold: it would fail in the client, as if the network had. */
export const unfitHeader = (what: string, text: string): AccessTokenError | undefined =>
  /^[\x21-\x7e]*$/.test(text)
    ? undefined
    : new AccessTokenError({
      reason: new InvalidKey({ detail: `${what} contains spaces, line breaks or non-ASCII characters` })
    })
