/** node-gcm as it is. */
import { Message, Sender } from "node-gcm"
import { answer } from "../utils/answering.ts"

interface Question {
  readonly message: object
  readonly recipients: ReadonlyArray<string>
}

const sender = new Sender("api-key-1", { timeout: 5000 })

answer(({ message, recipients }: Question) =>
  new Promise((resolve, reject) => {
    sender.send(
      new Message(message),
      recipients,
      { retries: 0 },
      (error) => error === null ? resolve("") : reject(error)
    )
  })
)
