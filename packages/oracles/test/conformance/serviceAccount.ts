/** The emulator's service account, as SDKs take it. */
import { Emulator } from "@cloud-messaging/emulator"
import { Redacted } from "effect"

const { clientEmail, privateKey } = Emulator.serviceAccount

export const serviceAccount = { clientEmail, privateKey: Redacted.value(privateKey) }
