/** node:http2 and nothing else, as one writes it by hand: the limit of what a client in JavaScript reaches. */
import { connect } from "node:http2"
import { measure } from "../process/measure.ts"
import { accessToken, message } from "../process/work.ts"

await measure(({ inFlight, origin, project, sessions }) => {
  const opened = Array.from({ length: sessions }, () => connect(origin))
  return (tokens) =>
    new Promise((resolve, reject) => {
      const rest = tokens[Symbol.iterator]()
      let accepted = 0
      let open = 0
      const next = (lane: number) => {
        const token = rest.next()
        if (token.done === true) {
          if (open === 0) resolve(accepted)
          return
        }
        open++
        const stream = opened[lane % sessions]?.request({
          ":method": "POST",
          ":path": `/v1/projects/${project}/messages:send`,
          authorization: `Bearer ${accessToken}`,
          "content-type": "application/json"
        })
        if (stream === undefined) return
        let status: number | undefined
        let text = ""
        stream.setEncoding("utf8")
        stream.on("response", (headers) => {
          status = headers[":status"]
        })
        stream.on("data", (chunk: string) => {
          text += chunk
        })
        stream.on("error", reject)
        stream.on("end", () => {
          if (status === 200 && typeof JSON.parse(text).name === "string") accepted++
          open--
          next(lane)
        })
        stream.end(JSON.stringify({ message: { ...message, token: token.value } }))
      }
      for (let lane = 0; lane < inFlight; lane++) next(lane)
    })
})
