/** node-gcm as it is, in a process of its own: its sender can be told a `uri`. */
import { Message, Sender } from "node-gcm"

interface Question {
  readonly message: object
  readonly recipients: ReadonlyArray<string>
}

const { http1 = "" } = Object.fromEntries(new URLSearchParams(process.argv[2]))

const sender = new Sender("api-key-1", { uri: `${http1}/fcm/send`, timeout: 5000 })

process.on("message", ({ message, recipients }: Question) => {
  sender.send(
    new Message(message),
    recipients,
    { retries: 0 },
    (error) => process.send?.({ error: error === null ? undefined : String(error) })
  )
})
