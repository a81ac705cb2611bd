/**
 * Rates and quotas, and who is registered.
 */
import type { Emulator } from "@cloud-messaging/emulator"
import type { Answer, Cases, Request } from "./exchange.ts"
import { json, page, plain, soon } from "./exchange.ts"

const send = (body: string): Request => ({
  method: "POST",
  url: "https://fcm.googleapis.com/v1/projects/my-project/messages:send",
  headers: { authorization: "Bearer owner", "content-type": "application/json" },
  body
})

const toAda = send(`{"message":{"token":"ada"}}`)

const accepted = (n: number): Answer =>
  json(
    200,
    `{
  "name": "projects/my-project/messages/0:${n}"
}
`
  )

const quotaExceeded = (subject: string, description: string): Answer =>
  json(
    429,
    `{
  "error": {
    "code": 429,
    "message": "Quota exceeded.",
    "status": "RESOURCE_EXHAUSTED",
    "details": [
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "QUOTA_EXCEEDED"
      },
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [
          {
            "subject": "${subject}",
            "description": "${description}"
          }
        ]
      }
    ]
  }
}
`,
    aMinute
  )

const aMinute = { "retry-after": "60" }

const unregistered = json(
  404,
  `{
  "error": {
    "code": 404,
    "message": "Requested entity was not found.",
    "status": "NOT_FOUND",
    "details": [
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "UNREGISTERED"
      }
    ]
  }
}
`
)

const gcm = (body: string, type = "application/json"): Request => ({
  method: "POST",
  url: "https://fcm.googleapis.com/fcm/send",
  headers: { authorization: "key=emulator:my-project", "content-type": type },
  body
})

const times = (count: number, text: string) => Array.from({ length: count }, () => text).join(",")

const overQuota = page(
  429,
  `<HTML>
<HEAD>
<TITLE>QuotaExceeded</TITLE>
</HEAD>
<BODY BGCOLOR="#FFFFFF" TEXT="#000000">
<H1>QuotaExceeded</H1>
<H2>Error 429</H2>
</BODY>
</HTML>
`,
  aMinute
)

/** What the emulator begins with, where that is not the default. */
export const options: { readonly [row: string]: Emulator.Options } = {
  "quota-project": { quota: 3 },
  "quota-gcm": { quota: 3 },
  "device-unregistered": { strict: true }
}

export const cases: Cases = {
  "device-rate": [
    ...Array.from({ length: 240 }, (_, i) => [toAda, accepted(i + 1)] as const),
    [toAda, quotaExceeded("device", "Message rate exceeded for the device.")],
    [send(`{"message":{"token":"lin"}}`), accepted(241)],
    [toAda, accepted(242), "60 seconds"]
  ],
  "device-rate-gcm": [[
    gcm(`{"registration_ids":[${times(241, `"ada"`)}]}`),
    json(
      200,
      `{"multicast_id":6782339717028231001,"success":240,"failure":1,"canonical_ids":0,"results":[${
        Array.from({ length: 240 }, (_, i) => `{"message_id":"0:${i + 1}"}`).join(",")
      },{"error":"DeviceMessageRateExceeded"}]}`
    )
  ]],
  "quota-project": [
    [toAda, accepted(1)],
    [send(`{"message":{"token":"emulator:unregistered:lin"}}`), unregistered],
    [toAda, accepted(2), "59 seconds"],
    [toAda, {
      ...quotaExceeded("project:my-project", "Message rate exceeded for the project."),
      headers: { "content-type": "application/json; charset=UTF-8", ...soon }
    }],
    [toAda, accepted(3), "1 second"]
  ],
  "quota-gcm": [
    [
      gcm(`{"registration_ids":["ada","lin","emulator:unregistered:joan"]}`),
      json(
        200,
        `{"multicast_id":6782339717028231001,"success":2,"failure":1,"canonical_ids":0,"results":[{"message_id":"0:1"},{"message_id":"0:2"},{"error":"NotRegistered"}]}`
      )
    ],
    [gcm(`{"registration_ids":["ada"]}`), overQuota],
    [gcm("registration_id=ada", "application/x-www-form-urlencoded;charset=UTF-8"), overQuota]
  ],
  "device-unregistered": [
    [toAda, unregistered],
    [
      gcm(`{"registration_ids":["ada"]}`),
      json(
        200,
        `{"multicast_id":6782339717028231001,"success":0,"failure":1,"canonical_ids":0,"results":[{"error":"NotRegistered"}]}`
      )
    ],
    [gcm("registration_id=ada", "application/x-www-form-urlencoded;charset=UTF-8"), plain(200, "Error=NotRegistered\n")]
  ]
}
