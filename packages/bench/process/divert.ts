/** Peers that can be told no other host: their way to fcm.googleapis.com leads to the server of the benchmark. */
import Http2, { type ClientHttp2Session, type SecureClientSessionOptions } from "node:http2"

export const divert = (origin: string, mend: (session: ClientHttp2Session) => void = () => {}) => {
  const { connect } = Http2
  Object.assign(Http2, {
    connect: (_: string, options?: SecureClientSessionOptions) => {
      const session = connect(origin, options)
      mend(session)
      return session
    }
  })
}
