/** What is used of node-gcm, which has no types. */
declare module "node-gcm" {
  export class Message {
    constructor(options: object)
    toJson(): object
  }

  export class Sender {
    constructor(key: string, options?: { readonly uri?: string; readonly timeout?: number; readonly proxy?: false })
    send(
      message: Message,
      recipients: ReadonlyArray<string>,
      options: { readonly retries: number; readonly backoff?: number },
      callback: (error: unknown, response?: Response) => void
    ): void
  }

  export interface Response {
    readonly success: number
    readonly failure: number
    readonly canonical_ids: number
    readonly results: ReadonlyArray<{
      readonly message_id?: string
      readonly registration_id?: string
      readonly error?: string
    }>
  }
}

declare module "node-gcm/lib/message-options.js" {
  /** Every option that the SDK lets through. */
  const options: { readonly [option: string]: object }
  export default options
}
