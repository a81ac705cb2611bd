/** The SDK's side of `sdk.ts`. */
import type { Answered } from "./sdk.ts"

/** Answers each question with what the SDK says, or with the error that it ends in; and tells when it is ready to. */
export const answer = <Question>(say: (question: Question) => Promise<string>): void => {
  process.on("message", ({ id, question }: { readonly id: number; readonly question: Question }) => {
    const reply = (answered: Omit<Answered, "id">) => process.send?.({ id, ...answered })
    say(question).then((said) => reply({ said }), (error: unknown) => reply({ error: String(error) }))
  })
  process.send?.("ready")
}
