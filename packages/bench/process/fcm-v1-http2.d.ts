/** What is used of fcm-v1-http2, which has no types. */
declare module "fcm-v1-http2" {
  export default class Client {
    constructor(options: { readonly serviceAccount: { readonly project_id: string } })
    sendMulticast(message: object, tokens: Array<string>): Promise<Array<string>>
  }
}
