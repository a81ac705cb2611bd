/** What is used of fcm-v1-http2, which has no types. */
declare module "fcm-v1-http2" {
  export default class Client {
    constructor(options: {
      readonly serviceAccount: {
        readonly project_id: string
        readonly client_email?: string
        readonly private_key?: string
      }
    })
    /** Those of the tokens that are not registered. */
    sendMulticast(message: object, tokens: Array<string>): Promise<Array<string>>
  }
}
