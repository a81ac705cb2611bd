/**
 * Requests that differ in their body alone.
 */
import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { memoizeLast } from "./memoize.ts"

/** Posts texts. Headers are made once for all texts of a length, as mostly one follows the other. */
export const post = (url: string, authorization: Headers.Input, contentType: string) => {
  const { hash, headers, method, url: path, urlParams } = HttpClientRequest.post(url, { headers: authorization })
  const headersOf = memoizeLast((length: number | undefined) =>
    Headers.setAll(headers, { "content-type": contentType, "content-length": String(length) })
  )
  return (text: string): HttpClientRequest.HttpClientRequest => {
    const body = HttpBody.text(text, contentType)
    return HttpClientRequest.makeWith(method, path, urlParams, hash, headersOf(body.contentLength), body)
  }
}
