/** Stands in for `googleapis`: what fcm-v1-http2 asks of it. */
import { accessToken } from "./work.ts"

class JWT {
  authorize(callback: (error: null, tokens: { readonly access_token: string }) => void): void {
    callback(null, { access_token: accessToken })
  }
}

export const google = { auth: { JWT } }
