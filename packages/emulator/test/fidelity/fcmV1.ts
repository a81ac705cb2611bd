/**
 * FCM v1: sending.
 */
import type { Answer, Case, Cases, Request } from "./exchange.ts"
import { json, noRoute, page, soon } from "./exchange.ts"

const bearer = { authorization: "Bearer owner", "content-type": "application/json" }

const send = (body: string, project = "my-project", headers: Request["headers"] = bearer): Request => ({
  method: "POST",
  url: `https://fcm.googleapis.com/v1/projects/${project}/messages:send`,
  headers,
  body
})

const accepted = (id: string): Answer =>
  json(
    200,
    `{
  "name": "projects/my-project/messages/${id}"
}
`
  )

/** Messages that are taken, one after the other. */
const taken = (...messages: ReadonlyArray<string>): Case =>
  messages.map((message, i) => [send(`{"message":{"token":"ada",${message}}}`), accepted(`0:${i + 1}`)])

const wrongValue = (field: string, what: string): Answer =>
  json(
    400,
    `{
  "error": {
    "code": 400,
    "message": "Invalid value at '${field}' ${what}",
    "status": "INVALID_ARGUMENT",
    "details": [
      {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [
          {
            "field": "${field}",
            "description": "Invalid value at '${field}' ${what}"
          }
        ]
      }
    ]
  }
}
`
  )

const violation = (message: string, field: string): Answer =>
  json(
    400,
    `{
  "error": {
    "code": 400,
    "message": "${message}",
    "status": "INVALID_ARGUMENT",
    "details": [
      {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [
          {
            "field": "${field}",
            "description": "${message}"
          }
        ]
      }
    ]
  }
}
`
  )

const invalidToken = json(
  400,
  `{
  "error": {
    "code": 400,
    "message": "Request contains an invalid argument.",
    "status": "INVALID_ARGUMENT",
    "details": [
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "INVALID_ARGUMENT"
      },
      {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [
          {
            "field": "message.token",
            "description": "Invalid registration token"
          }
        ]
      }
    ]
  }
}
`
)

const invalidAudience = (field: string, description: string): Answer =>
  json(
    400,
    `{
  "error": {
    "code": 400,
    "message": "Request contains an invalid argument.",
    "status": "INVALID_ARGUMENT",
    "details": [
      {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [
          {
            "field": "${field}",
            "description": "${description}"
          }
        ]
      },
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "INVALID_ARGUMENT"
      }
    ]
  }
}
`
  )

const invalidCondition = invalidAudience("message.condition", "Invalid condition expression provided.")

const tooLarge = json(
  400,
  `{
  "error": {
    "code": 400,
    "message": "Request contains an invalid argument.",
    "status": "INVALID_ARGUMENT"
  }
}
`
)

const unauthenticated = json(
  401,
  `{
  "error": {
    "code": 401,
    "message": "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    "status": "UNAUTHENTICATED"
  }
}
`
)

/** A message of so many bytes: 4 of the key, and a value. */
const sized = (target: string, bytes: number) =>
  send(`{"message":{${target},"data":{"text":"${"x".repeat(bytes - 4)}"}}}`)

const conditionOf = (topics: number) => Array.from({ length: topics }, (_, i) => `'topic-${i}' in topics`).join(" || ")

const condition = (text: string) => send(`{"message":{"condition":${JSON.stringify(text)}}}`)

const notification = (fields: string) => `"android":{"notification":{${fields}}}`

export const cases: Cases = {
  // ---------------------------------------------------------------------------
  // Sending
  // ---------------------------------------------------------------------------

  "v1-send": [
    [send(`{"message":{"token":"ada"}}`), accepted("0:1")],
    [send(`{"message":{"token":"lin","data":{"score":"850"}}}`), accepted("0:2")]
  ],
  "v1-validate-only": [
    [send(`{"message":{"token":"ada","data":{"score":"850"}},"validateOnly":true}`), accepted("fake_message_id")]
  ],
  "v1-names": [
    [
      send(`{"message":{"token":"ada","android":{"collapse_key":"a"}},"validate_only":true}`),
      accepted("fake_message_id")
    ],
    [send(`{"message":{"token":"ada","android":{"collapseKey":"a"},"data":null}}`), accepted("0:2")]
  ],
  "v1-host": [
    [
      { ...send(`{"message":{"token":"ada"}}`), url: "http://127.0.0.1:8025/v1/projects/my-project/messages:send" },
      accepted("0:1")
    ]
  ],
  "v1-batch": [
    [{ method: "POST", url: "https://fcm.googleapis.com/batch", headers: bearer, body: "" }, noRoute]
  ],

  // ---------------------------------------------------------------------------
  // Fields
  // ---------------------------------------------------------------------------

  "v1-target-fields": [
    [send(`{"message":{"token":"ada"}}`), accepted("0:1")],
    [send(`{"message":{"fid":"cdefghijklmnopqrstuvwx"}}`), accepted("0:2")],
    [send(`{"message":{"topic":"news"}}`), accepted("6177433633397011001")],
    [send(`{"message":{"condition":"'news' in topics"}}`), accepted("6177433633397011002")]
  ],
  "v1-name": [
    [
      send(`{"message":{"token":"ada","name":"projects/my-project/messages/1"}}`),
      violation(`Invalid JSON payload received. Unknown name \\"name\\" at 'message': Cannot find field.`, "message")
    ]
  ],
  "v1-message-fields": taken(
    `"data":{"score":"850"},"notification":{},"android":{},"webpush":{},"apns":{},"fcmOptions":{}`
  ),
  "v1-notification-fields": taken(
    `"notification":{"title":"Goal!","body":"1 : 0","image":"https://example.com/goal.png"}`
  ),
  "v1-fcm-options-fields": taken(`"fcmOptions":{"analyticsLabel":"match-42"}`),
  "v1-android-fields": taken(
    `"android":{"collapseKey":"score","priority":"HIGH","ttl":"3.5s","restrictedPackageName":"com.example","data":{"a":"1"},"notification":{},"fcmOptions":{"analyticsLabel":"match-42"},"directBootOk":true,"bandwidthConstrainedOk":true,"restrictedSatelliteOk":true}`,
    `"android":{"priority":"NORMAL"}`
  ),
  "v1-android-notification-fields": taken(
    notification(
      `"title":"Goal!","body":"1 : 0","icon":"ball","color":"#00ff7F","sound":"default","tag":"match","clickAction":"OPEN","bodyLocKey":"body","bodyLocArgs":["1","0"],"titleLocKey":"title","titleLocArgs":[],"channelId":"goals","ticker":"Goal!","sticky":true,"eventTime":"2026-11-25T12:00:00.5Z","localOnly":false,"notificationPriority":"PRIORITY_UNSPECIFIED","defaultSound":true,"defaultVibrateTimings":false,"defaultLightSettings":false,"vibrateTimings":["0.5s","1s"],"visibility":"VISIBILITY_UNSPECIFIED","notificationCount":3,"lightSettings":{"color":{},"lightOnDuration":"1s","lightOffDuration":"2s"},"image":"https://example.com/goal.png","bypassProxyNotification":false,"proxy":"PROXY_UNSPECIFIED"`
    ),
    ...["PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH", "PRIORITY_MAX"].map((value) =>
      notification(`"notificationPriority":"${value}"`)
    ),
    ...["PRIVATE", "PUBLIC", "SECRET"].map((value) => notification(`"visibility":"${value}"`)),
    ...["ALLOW", "DENY", "IF_PRIORITY_LOWERED"].map((value) => notification(`"proxy":"${value}"`))
  ),
  "v1-light-settings-fields": taken(notification(
    `"lightSettings":{"color":{"red":1,"green":0.5,"blue":0,"alpha":1},"lightOnDuration":"1s","lightOffDuration":"2s"}`
  )),
  "v1-light-settings-whole": [
    [
      send(`{"message":{"token":"ada",${notification(`"lightSettings":{"color":{},"lightOnDuration":"1s"}`)}}}`),
      wrongValue(
        "message.android.notification.light_settings.light_off_duration",
        "(type.googleapis.com/google.protobuf.Duration), undefined"
      )
    ]
  ],
  "v1-webpush-fields": taken(
    `"webpush":{"headers":{"TTL":"60"},"data":{"a":"1"},"notification":{"title":"Goal!","requireInteraction":true},"fcmOptions":{"link":"https://example.com/","analyticsLabel":"match-42"}}`
  ),
  "v1-apns-fields": taken(
    `"apns":{"headers":{"apns-priority":"10"},"payload":{"aps":{"badge":1},"match":42},"fcmOptions":{"analyticsLabel":"match-42","image":"https://example.com/goal.png"},"liveActivityToken":"80a1"}`
  ),
  "v1-apns-aps": [
    [
      send(`{"message":{"token":"ada","apns":{"payload":{"aps":{}}}}}`),
      json(
        400,
        `{
  "error": {
    "code": 400,
    "message": "Payload of Apple Push Notification Service must contain an [aps] key with a non-empty dictionary.",
    "status": "INVALID_ARGUMENT",
    "details": [
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "INVALID_ARGUMENT"
      }
    ]
  }
}
`
      )
    ]
  ],
  "v1-duration": taken(`"android":{"ttl":"3.000000001s"}`, `"android":{"ttl":"3s"}`, `"android":{"ttl":"2419200s"}`),
  "v1-timestamp": taken(
    notification(`"eventTime":"2026-11-25T12:00:00.123456789Z"`),
    notification(`"eventTime":"2026-11-25T14:00:00+02:00"`)
  ),

  // ---------------------------------------------------------------------------
  // Errors
  // ---------------------------------------------------------------------------

  "v1-data-value": [[
    send(`{"message":{"token":"ada","data":{"score":12}}}`),
    wrongValue("message.data[0].value", "(TYPE_STRING), 12")
  ]],
  "v1-wrong-value": [
    ...["3", "3.0000000001s", "3m"].map((ttl) =>
      [
        send(`{"message":{"token":"ada","android":{"ttl":"${ttl}"}}}`),
        wrongValue("message.android.ttl", `(type.googleapis.com/google.protobuf.Duration), \\"${ttl}\\"`)
      ] as const
    ),
    [
      send(`{"message":{"token":"ada",${notification(`"eventTime":"2026-11-25"`)}}}`),
      wrongValue(
        "message.android.notification.event_time",
        `(type.googleapis.com/google.protobuf.Timestamp), \\"2026-11-25\\"`
      )
    ],
    [
      send(`{"message":{"token":"ada","android":{"priority":"urgent"}}}`),
      wrongValue(
        "message.android.priority",
        `(type.googleapis.com/google.firebase.fcm.v1.AndroidMessagePriority), \\"urgent\\"`
      )
    ]
  ],
  "v1-unknown-name": [[
    send(`{"message":{"token":"ada","dataa":{}}}`),
    violation(`Invalid JSON payload received. Unknown name \\"dataa\\" at 'message': Cannot find field.`, "message")
  ]],
  "v1-json": [[
    send(`{"message"`),
    json(
      400,
      `{
  "error": {
    "code": 400,
    "message": "Invalid JSON payload received. Unexpected token.",
    "status": "INVALID_ARGUMENT"
  }
}
`
    )
  ]],
  "v1-no-target": [[
    send(`{"message":{"data":{"score":"850"}}}`),
    json(
      400,
      `{
  "error": {
    "code": 400,
    "message": "Recipient of the message is not set.",
    "status": "INVALID_ARGUMENT",
    "details": [
      {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [
          {
            "field": "message",
            "description": "Recipient of the message is not set."
          }
        ]
      },
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "INVALID_ARGUMENT"
      }
    ]
  }
}
`
    )
  ]],
  "v1-two-targets": [[
    send(`{"message":{"token":"ada","topic":"news"}}`),
    violation("Only one of the targets token, fid, topic and condition may be set.", "message")
  ]],
  "v1-token": [
    [send(`{"message":{"token":"emulator:invalid:ada"}}`), invalidToken],
    [send(`{"message":{"token":"ada lovelace"}}`), invalidToken]
  ],
  "v1-reserved-key": ["from", "message_type", "google.x", "gcm.notification.x"].map((key) => [
    send(`{"message":{"token":"ada","data":{"${key}":""}}}`),
    violation(`Invalid data payload key: ${key}`, "message.data[0].key")
  ]),
  "v1-ttl": ["-1s", "2419200.1s"].map((ttl) => [
    send(`{"message":{"token":"ada","android":{"ttl":"${ttl}"}}}`),
    violation("Invalid time to live duration: must be from 0 to 4 weeks", "message.android.ttl")
  ]),
  "v1-too-large": [
    [sized(`"token":"ada"`, 4096), accepted("0:1")],
    [sized(`"token":"ada"`, 4097), tooLarge]
  ],
  "v1-too-large-topic": [
    [sized(`"topic":"news"`, 2048), accepted("6177433633397011001")],
    [sized(`"topic":"news"`, 2049), tooLarge],
    [sized(`"condition":"'news' in topics"`, 2049), tooLarge]
  ],
  "v1-topic-name": ["", "a b", "ä", "/topics/news", "z".repeat(901)].map((topic) => [
    send(`{"message":{"topic":"${topic}"}}`),
    invalidAudience("message.topic", "Invalid topic name provided.")
  ]),
  "v1-condition": [[condition("'news' in topic"), invalidCondition]],
  "v1-access-token": [
    [send(`{"message":{"token":"ada"}}`, "my-project", { "content-type": "application/json" }), unauthenticated],
    [send(`{"message":{"token":"ada"}}`, "my-project", { ...bearer, authorization: "Bearer ya29.x" }), unauthenticated]
  ],
  "v1-third-party-auth": [[
    send(`{"message":{"token":"emulator:apns-auth:ada"}}`),
    json(
      401,
      `{
  "error": {
    "code": 401,
    "message": "Auth error from APNS or Web Push Service",
    "status": "UNAUTHENTICATED",
    "details": [
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "THIRD_PARTY_AUTH_ERROR"
      },
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError",
        "statusCode": 403,
        "reason": "InvalidProviderToken"
      }
    ]
  }
}
`
    )
  ]],
  "v1-permission-denied": [[
    send(`{"message":{"token":"ada"}}`, "emulator-denied"),
    json(
      403,
      `{
  "error": {
    "code": 403,
    "message": "Permission 'cloudmessaging.messages.create' denied on resource '//cloudresourcemanager.googleapis.com/projects/emulator-denied' (or it may not exist).",
    "status": "PERMISSION_DENIED",
    "details": [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": "cloudresourcemanager.googleapis.com",
        "metadata": {
          "permission": "cloudmessaging.messages.create",
          "resource": "projects/emulator-denied"
        }
      }
    ]
  }
}
`
    )
  ]],
  "v1-sender-id-mismatch": [[
    send(`{"message":{"token":"emulator:mismatch:ada"}}`),
    json(
      403,
      `{
  "error": {
    "code": 403,
    "message": "SenderId mismatch",
    "status": "PERMISSION_DENIED",
    "details": [
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "SENDER_ID_MISMATCH"
      }
    ]
  }
}
`
    )
  ]],
  "v1-project-not-found": [[
    send(`{"message":{"token":"ada"}}`, "emulator-missing"),
    json(
      404,
      `{
  "error": {
    "code": 404,
    "message": "Requested entity was not found.",
    "status": "NOT_FOUND"
  }
}
`
    )
  ]],
  "v1-unregistered": [[
    send(`{"message":{"token":"emulator:unregistered:ada"}}`),
    json(
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
  ]],
  "v1-quota-device": [[
    send(`{"message":{"token":"emulator:quota:ada"}}`),
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
            "subject": "device",
            "description": "Message rate exceeded for the device."
          }
        ]
      }
    ]
  }
}
`,
      soon
    )
  ]],
  "v1-internal": [[
    send(`{"message":{"token":"emulator:internal:ada"}}`),
    json(
      500,
      `{
  "error": {
    "code": 500,
    "message": "Internal error encountered.",
    "status": "INTERNAL",
    "details": [
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "INTERNAL"
      }
    ]
  }
}
`,
      soon
    )
  ]],
  "v1-bad-gateway": [[
    send(`{"message":{"token":"emulator:html:ada"}}`),
    page(
      502,
      `<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error 502 (Server Error)!!1</title>
  <p><b>502.</b> <ins>That’s an error.</ins>
`
    )
  ]],
  "v1-unavailable": [[
    send(`{"message":{"token":"emulator:unavailable:ada"}}`),
    json(
      503,
      `{
  "error": {
    "code": 503,
    "message": "The service is currently unavailable.",
    "status": "UNAVAILABLE",
    "details": [
      {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "UNAVAILABLE"
      }
    ]
  }
}
`,
      soon
    )
  ]],
  "v1-path": [
    [{ method: "GET", url: "https://fcm.googleapis.com/v1/projects/my-project/messages:send", headers: {} }, noRoute]
  ],

  // ---------------------------------------------------------------------------
  // Topics and conditions
  // ---------------------------------------------------------------------------

  "topic-charset": [
    [send(`{"message":{"topic":"aZ09-_.~%"}}`), accepted("6177433633397011001")],
    [send(`{"message":{"topic":"${"z".repeat(900)}"}}`), accepted("6177433633397011002")],
    ...["", "a b", "ä", "/topics/news", "z".repeat(901)].map((topic) =>
      [condition(`'${topic}' in topics`), invalidCondition] as const
    )
  ],
  "condition-topics": [
    [condition(conditionOf(5)), accepted("6177433633397011001")],
    [condition(conditionOf(6)), invalidCondition]
  ],
  "condition-operators": [
    [
      condition("'dogs' in topics && !('cats' in topics || 'birds' in topics)"),
      accepted("6177433633397011001")
    ],
    [condition("'dogs' IN Topics || 'cats' in topics"), accepted("6177433633397011002")]
  ],
  "condition-quotes": [
    [condition("'dogs' in topics"), accepted("6177433633397011001")],
    [condition("\"dogs\" in topics"), invalidCondition]
  ]
}
