/**
 * Google's cloud messaging, emulated: in memory for tests, or as a server.
 *
 * `EmulatorServer` needs Node, so it is not here: import `@cloud-messaging/emulator/EmulatorServer`.
 *
 * @since 1.0.0
 */
export * as Emulator from "./Emulator.ts"
