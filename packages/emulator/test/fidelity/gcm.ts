/**
 * GCM: JSON, plain text, device groups.
 */
import type { Answer, Case, Cases, Request } from "./exchange.ts"
import { json, noRoute, page, plain, soon } from "./exchange.ts"

const fcm = "https://fcm.googleapis.com/fcm/send"

const key = { authorization: "key=API_KEY", "content-type": "application/json" }

const send = (body: string, url = fcm, headers: Request["headers"] = key): Request => ({
  method: "POST",
  url,
  headers,
  body
})

/** The answer to the n-th request, which is all that was accepted. */
const accepted = (n: number): Answer =>
  json(
    200,
    `{"multicast_id":${
      6782339717028231000n + BigInt(n)
    },"success":1,"failure":0,"canonical_ids":0,"results":[{"message_id":"0:${n}"}]}`
  )

const refused = (error: string, n = 1): Answer =>
  json(
    200,
    `{"multicast_id":${
      6782339717028231000n + BigInt(n)
    },"success":0,"failure":1,"canonical_ids":0,"results":[{"error":"${error}"}]}`
  )

/** Messages with these fields, which are taken one after the other. */
const taken = (...fields: ReadonlyArray<string>): Case =>
  fields.map((field, i) => [send(`{"registration_ids":["ada"],${field}}`), accepted(i + 1)])

/** Fields with a value of a type that is not theirs. */
const wrong = (...fields: ReadonlyArray<string>): Case =>
  fields.map((field) => [
    send(`{"registration_ids":["ada"],${field}}`),
    plain(400, "InvalidParameters: the body is no message\n")
  ])

const title = (status: number, title: string, headers = {}) =>
  page(
    status,
    `<HTML>
<HEAD>
<TITLE>${title}</TITLE>
</HEAD>
<BODY BGCOLOR="#FFFFFF" TEXT="#000000">
<H1>${title}</H1>
<H2>Error ${status}</H2>
</BODY>
</HTML>
`,
    headers
  )

const unauthorized = title(401, "Unauthorized")

const ids = (count: number) => Array.from({ length: count }, (_, i) => `"id-${i}"`).join(",")

const data = (bytes: number) => `"data":{"text":"${"x".repeat(bytes - 4)}"}`

// -----------------------------------------------------------------------------
// Plain text
// -----------------------------------------------------------------------------

const form = (body: string): Request =>
  send(body, fcm, { ...key, "content-type": "application/x-www-form-urlencoded;charset=UTF-8" })

// -----------------------------------------------------------------------------
// Device groups
// -----------------------------------------------------------------------------

const sender = { ...key, project_id: "123456789012" }

const group = (body: string, path = "fcm", headers: Request["headers"] = sender): Request =>
  send(body, `https://fcm.googleapis.com/${path}/notification`, headers)

const lookUp = (name: string): Request => ({
  method: "GET",
  url: `https://fcm.googleapis.com/fcm/notification?notification_key_name=${name}`,
  headers: sender
})

const create = group(`{"operation":"create","notification_key_name":"ada","registration_ids":["phone","tablet"]}`)

const created = json(200, `{"notification_key":"emulator:group:1"}`)

const groupError = (error: string) => json(400, `{"error":"${error}"}\n`)

const notFound = groupError("notification_key not found")

export const cases: Cases = {
  "gcm-endpoints": [
    [send(`{"registration_ids":["ada"]}`, "https://android.googleapis.com/gcm/send"), accepted(1)],
    [send(`{"registration_ids":["ada"]}`, "https://gcm-http.googleapis.com/gcm/send"), accepted(2)],
    [send(`{"registration_ids":["ada"]}`, "https://fcm.googleapis.com/fcm/send"), accepted(3)]
  ],
  "gcm-send": [[
    send(`{"registration_ids":["ada","lin"],"data":{"score":"4x8"}}`),
    json(
      200,
      `{"multicast_id":6782339717028231001,"success":2,"failure":0,"canonical_ids":0,"results":[{"message_id":"0:1"},{"message_id":"0:2"}]}`
    )
  ]],
  "gcm-results": [[
    send(
      `{"registration_ids":["4","emulator:unavailable:8","emulator:invalid:15","16","emulator:moved:23","emulator:unregistered:42"],"data":{"score":"4x8","time":"15:16.2342"},"time_to_live":108,"collapse_key":"score_update"}`
    ),
    json(
      200,
      `{"multicast_id":6782339717028231001,"success":3,"failure":3,"canonical_ids":1,"results":[{"message_id":"0:1"},{"error":"Unavailable"},{"error":"InvalidRegistration"},{"message_id":"0:2"},{"message_id":"0:3","registration_id":"emulator:ok:23"},{"error":"NotRegistered"}]}`,
      soon
    )
  ]],
  "gcm-to": [[send(`{"to":"ada"}`), accepted(1)]],
  "gcm-to-topic": [
    [send(`{"to":"/topics/news"}`), json(200, `{"message_id":6177433633397011001}`)],
    [
      send(`{"condition":"'dogs' in topics || 'cats' in topics"}`),
      json(200, `{"message_id":6177433633397011002}`)
    ]
  ],
  "gcm-to-topic-error": [
    [send(`{"to":"/topics/news","time_to_live":-1}`), json(200, `{"error":"InvalidTtl"}`)],
    [send(`{"condition":"'dogs' in topics",${data(2049)}}`), json(200, `{"error":"MessageTooBig"}`)]
  ],
  "gcm-to-group": [
    [create, created],
    [send(`{"to":"emulator:group:1","data":{"score":"4x8"}}`), json(200, `{"success":2,"failure":0}`)],
    [
      group(
        `{"operation":"add","notification_key":"emulator:group:1","registration_ids":["emulator:unregistered:watch"]}`
      ),
      created
    ],
    [
      send(`{"to":"emulator:group:1"}`),
      json(200, `{"success":2,"failure":1,"failed_registration_ids":["emulator:unregistered:watch"]}`)
    ]
  ],
  "gcm-to-group-503": [
    [
      group(
        `{"operation":"create","notification_key_name":"ada","registration_ids":["emulator:unregistered:watch"]}`
      ),
      created
    ],
    [send(`{"to":"emulator:group:1"}`), title(503, "Service Unavailable", soon)]
  ],
  "gcm-dry-run": [[
    send(`{"registration_ids":["ada"],"dry_run":true}`),
    json(
      200,
      `{"multicast_id":-1,"success":1,"failure":0,"canonical_ids":0,"results":[{"message_id":"fake_message_id"}]}`
    )
  ]],
  "gcm-key": [
    [send(`{"registration_ids":["ABC"]}`), accepted(1)],
    [send(`{"registration_ids":["emulator:invalid:ABC"]}`), refused("InvalidRegistration", 2)]
  ],
  "gcm-googlenotification": [
    [send("{}", "https://android.googleapis.com/gcm/googlenotification"), noRoute]
  ],

  "gcm-fields": [
    ...taken(
      `"collapse_key":"score","priority":"high","content_available":true,"mutable_content":true,"delay_while_idle":true,"time_to_live":2419200,"restricted_package_name":"com.example","dry_run":false,"data":{"score":"4x8"},"notification":{}`,
      `"priority":"normal"`
    ),
    [send(`{"registration_ids":"ada"}`), plain(400, "InvalidParameters: the body is no message\n")],
    ...wrong(
      `"collapse_key":1`,
      `"priority":"urgent"`,
      `"content_available":"true"`,
      `"mutable_content":1`,
      `"delay_while_idle":"true"`,
      `"time_to_live":"soon"`,
      `"restricted_package_name":[]`,
      `"dry_run":"true"`,
      `"data":"score"`,
      `"notification":[]`
    )
  ],
  "gcm-notification-fields": [
    ...taken(
      `"notification":{"title":"Goal!","body":"1 : 0","subtitle":"Final","icon":"ball","sound":"default","badge":"1","tag":"match","color":"#00ff00","android_channel_id":"goals","click_action":"OPEN","body_loc_key":"body","body_loc_args":"[\\"1\\",\\"0\\"]","title_loc_key":"title","title_loc_args":"[]"}`,
      `"notification":{"sound":{"critical":1,"name":"default","volume":0.5}}`
    ),
    ...wrong(
      ...[
        "title",
        "body",
        "subtitle",
        "icon",
        "sound",
        "badge",
        "tag",
        "color",
        "android_channel_id",
        "click_action",
        "body_loc_key",
        "body_loc_args",
        "title_loc_key",
        "title_loc_args"
      ].map((field) => `"notification":{"${field}":1}`)
    )
  ],
  "gcm-data-values": taken(`"data":{"score":850,"live":true,"teams":["a","b"]}`),

  "gcm-400": [[send("not JSON"), plain(400, "JSON_PARSING_ERROR: Unexpected token.\n")]],
  "gcm-wrong-type": wrong(`"time_to_live":"soon"`),
  "gcm-no-ids": [
    [send(`{"registration_ids":[]}`), plain(400, "\"registration_ids\" field cannot be empty\n")],
    [send(`{"notification":{"title":"Goal!"}}`), plain(400, "\"registration_ids\" field cannot be empty\n")]
  ],
  "gcm-1000": [
    [
      send(`{"registration_ids":[${ids(1000)}]}`),
      json(
        200,
        `{"multicast_id":6782339717028231001,"success":1000,"failure":0,"canonical_ids":0,"results":[${
          Array.from({ length: 1000 }, (_, i) => `{"message_id":"0:${i + 1}"}`).join(",")
        }]}`
      )
    ],
    [
      send(`{"registration_ids":[${ids(1001)}]}`),
      plain(400, "Number of messages on bulk (1001) exceeds maximum allowed (1000)\n")
    ]
  ],
  "gcm-two-targets": [[
    send(`{"registration_ids":["ada"],"to":"lin"}`),
    plain(400, "Must use either \"registration_ids\" field or \"to\" field or \"condition\", not more than one\n")
  ]],
  "gcm-401": [
    [send(`{"registration_ids":["ada"]}`, fcm, { "content-type": "application/json" }), unauthorized],
    [send(`{"registration_ids":["ada"]}`, fcm, { ...key, authorization: "key=emulator:bad-key" }), unauthorized],
    [send("registration_id=ada", fcm, { authorization: "API_KEY" }), unauthorized]
  ],
  "gcm-500": [[form("registration_id=emulator:internal:ada"), title(500, "Internal Server Error", soon)]],
  "gcm-503": [[form("registration_id=emulator:unavailable:ada"), title(503, "Service Unavailable", soon)]],
  "gcm-missing": [[form("data.score=4x8"), plain(200, "Error=MissingRegistration\n")]],
  "gcm-errors": [
    [send(`{"registration_ids":["emulator:invalid:a"]}`), refused("InvalidRegistration", 1)],
    [send(`{"registration_ids":["emulator:unregistered:a"]}`), refused("NotRegistered", 2)],
    [send(`{"registration_ids":["emulator:mismatch:a"]}`), refused("MismatchSenderId", 3)],
    [send(`{"registration_ids":["emulator:apns-auth:a"]}`), refused("InvalidApnsCredential", 4)],
    [send(`{"registration_ids":["emulator:quota:a"]}`), refused("DeviceMessageRateExceeded", 5)]
  ],
  "gcm-transient": (["unavailable", "internal"] as const).map((name, i) => {
    const { body, ...answer } = refused(name === "internal" ? "InternalServerError" : "Unavailable", i + 1)
    return [
      send(`{"registration_ids":["emulator:${name}:ada"]}`),
      { ...answer, headers: { ...answer.headers, ...soon }, body }
    ]
  }),
  "gcm-too-big": [
    [send(`{"registration_ids":["ada"],${data(4096)}}`), accepted(1)],
    [send(`{"registration_ids":["ada"],${data(4097)}}`), refused("MessageTooBig", 2)],
    [send(`{"to":"/topics/news",${data(2048)}}`), json(200, `{"message_id":6177433633397011001}`)],
    [send(`{"to":"/topics/news",${data(2049)}}`), json(200, `{"error":"MessageTooBig"}`)]
  ],
  "gcm-data-key": ["from", "google.x"].map((name, i) => [
    send(`{"registration_ids":["ada"],"data":{"${name}":""}}`),
    refused("InvalidDataKey", i + 1)
  ]),
  "gcm-ttl": [
    ...taken(`"time_to_live":0`, `"time_to_live":2419200`),
    [send(`{"registration_ids":["ada"],"time_to_live":-1}`), refused("InvalidTtl", 3)],
    [send(`{"registration_ids":["ada"],"time_to_live":2419201}`), refused("InvalidTtl", 4)]
  ],

  "text-send": [[form("registration_id=42"), plain(200, "id=0:1\n")]],
  "text-canonical": [
    [form("registration_id=emulator:moved:42"), plain(200, "id=0:1\nregistration_id=emulator:ok:42\n")]
  ],
  "text-error": [
    [form("registration_id=emulator:unregistered:42"), plain(200, "Error=NotRegistered\n")],
    [form("registration_id=42&data.from=x"), plain(200, "Error=InvalidDataKey\n")]
  ],
  "text-untyped": [
    [send("registration_id=42", fcm, { authorization: "key=API_KEY" }), plain(200, "id=0:1\n")]
  ],
  "text-fields": [
    [
      form(
        "registration_id=42&collapse_key=score&delay_while_idle=1&time_to_live=108&restricted_package_name=com.example&dry_run=0&data.score=4x8"
      ),
      plain(200, "id=0:1\n")
    ],
    [form("registration_id=42&dry_run=1"), plain(200, "id=fake_message_id\n")],
    [form("registration_id=42&dry_run=true"), plain(200, "id=fake_message_id\n")],
    [form("registration_id=42&time_to_live=soon"), plain(200, "Error=InvalidTtl\n")]
  ],
  "text-ttl": [
    [form("registration_id=42&time_to_live=1.5"), plain(200, "Error=InvalidTtl\n")],
    [form("registration_id=42&time_to_live=2419201"), plain(200, "Error=InvalidTtl\n")]
  ],

  "group-create": [
    [create, created],
    [
      group(`{"operation":"create","notification_key_name":"lin","registration_ids":["phone"]}`, "gcm"),
      json(200, `{"notification_key":"emulator:group:2"}`)
    ]
  ],
  "group-change": [
    [create, created],
    [
      group(
        `{"operation":"add","notification_key_name":"ada","notification_key":"emulator:group:1","registration_ids":["watch"]}`
      ),
      created
    ],
    [
      group(`{"operation":"remove","notification_key":"emulator:group:1","registration_ids":["phone","tablet"]}`),
      created
    ],
    [send(`{"to":"emulator:group:1"}`), json(200, `{"success":1,"failure":0}`)]
  ],
  "group-look-up": [
    [lookUp("ada"), notFound],
    [create, created],
    [lookUp("ada"), created]
  ],
  "group-empty": [
    [create, created],
    [
      group(`{"operation":"remove","notification_key":"emulator:group:1","registration_ids":["phone","tablet"]}`),
      created
    ],
    [lookUp("ada"), notFound]
  ],
  "group-bearer": [[
    group(create.body ?? "", "fcm", { ...sender, authorization: "Bearer owner", access_token_auth: "true" }),
    created
  ]],
  "group-errors": [
    [create, created],
    [create, groupError("notification_key already exists")],
    [
      group(`{"operation":"create","notification_key_name":"lin","registration_ids":["emulator:invalid:phone"]}`),
      groupError("no valid registration ids")
    ],
    [group(`{"operation":"add","notification_key":"another","registration_ids":["watch"]}`), notFound],
    [
      group(
        `{"operation":"add","notification_key_name":"lin","notification_key":"emulator:group:1","registration_ids":["watch"]}`
      ),
      groupError("notification_key_name doesn't match the group name of the notification_key")
    ]
  ],
  "group-members": [
    [group(`{"operation":"create","notification_key_name":"ada","registration_ids":[${ids(20)}]}`), created],
    [
      group(`{"operation":"add","notification_key":"emulator:group:1","registration_ids":["watch"]}`),
      groupError("too many members")
    ]
  ]
}
