/** node-gcm's `send` as it is: five retries, but without the waits between them. */
import { Message, Sender } from "node-gcm"
import { answer } from "../utils/answering.ts"
import type { Question } from "./scenarios.ts"

/** It fails with a status, with axios's error, or with text. */
const codeOf = (error: unknown): string => {
  const { code = error } = Object(error)
  return String(code)
}

answer(({ data, project, recipients }: Question) =>
  new Promise((resolve) => {
    new Sender(`emulator:${project}`).send(
      new Message({ data }),
      recipients,
      { retries: 5, backoff: 1 },
      (error, response) => resolve(response?.results.map(({ error = "accepted" }) => error).join(", ") ?? codeOf(error))
    )
  })
)
