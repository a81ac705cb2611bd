/** What is used of node-gcm, which has no types. */
declare module "node-gcm" {
  export class Message {
    constructor(options: object)
    toJson(): object
  }

  export class Sender {
    constructor(key: string, options: { readonly uri: string; readonly timeout: number })
    send(
      message: Message,
      recipients: ReadonlyArray<string>,
      options: { readonly retries: number },
      callback: (error: unknown) => void
    ): void
  }
}

declare module "node-gcm/lib/message-options.js" {
  /** Every option that the SDK lets through. */
  const options: { readonly [option: string]: object }
  export default options
}
