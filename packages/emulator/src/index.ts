/**
 * Google's cloud messaging, emulated: in memory for tests, or as a server.
 *
 * `EmulatorServer` needs Node, so it is not here: import `@cloud-messaging/emulator/EmulatorServer`.
 *
 * @since 1.0.0
 */
export * as Arrival from "./Arrival.ts"
export * as Device from "./Device.ts"
export * as Emulator from "./Emulator.ts"
export * as EmulatorError from "./EmulatorError.ts"
export * as Fault from "./Fault.ts"
export * as Project from "./Project.ts"
