/** google-auth-library's client of a service account as it is. */
import { JWT } from "google-auth-library"
import { answer } from "../utils/answering.ts"
import { serviceAccount } from "./serviceAccount.ts"

/** It fails with the endpoint's words, with a status, or with Node's code. */
const codeOf = (error: unknown): string => {
  const { code, response } = Object(error)
  const { error: said = response?.status } = Object(response?.data)
  return String(said ?? code)
}

answer(async ({ email }: { readonly email: string }) => {
  const scopes = ["https://www.googleapis.com/auth/firebase.messaging"]
  try {
    await new JWT({ email, key: serviceAccount.privateKey, scopes }).getAccessToken()
    return "a token"
  } catch (error) {
    return codeOf(error)
  }
})
