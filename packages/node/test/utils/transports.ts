import type { Http2Client } from "@cloud-messaging/node"

/** What a client speaks HTTP/2 by. */
export type Transport = NonNullable<Http2Client.Options["transport"]>

export const transports: ReadonlyArray<Transport> = ["own", "node"]
