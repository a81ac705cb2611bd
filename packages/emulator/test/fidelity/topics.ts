/**
 * Topic subscriptions of FCM v1, and the Instance ID service.
 */
import type { Answer, Case, Cases, Request } from "./exchange.ts"
import { json, noRoute, soon } from "./exchange.ts"

// -----------------------------------------------------------------------------
// Topic subscriptions
// -----------------------------------------------------------------------------

const registration = "https://fcm.googleapis.com/v1/projects/my-project/registrations/ada/topicSubscriptions"

const subscriptions = (method: Request["method"], path = ""): Request => ({
  method,
  url: `${registration}${path}`,
  headers: { authorization: "Bearer owner", "content-type": "application/json" },
  ...method === "GET" ? {} : { body: "{}" }
})

const news = json(
  200,
  `{
  "name": "projects/my-project/registrations/ada/topicSubscriptions/news",
  "topicName": "news",
  "createTime": "2023-11-14T22:13:20.000Z"
}
`
)

const error = (code: number, status: string, message: string): Answer =>
  json(
    code,
    `{
  "error": {
    "code": ${code},
    "message": "${message}",
    "status": "${status}"
  }
}
`
  )

const missing = error(404, "NOT_FOUND", "Requested entity was not found.")

const empty = json(200, "{}\n")

// -----------------------------------------------------------------------------
// Instance ID
// -----------------------------------------------------------------------------

const iid = "https://iid.googleapis.com"

const bearer = { authorization: "Bearer owner", access_token_auth: "true" }

const post = (path: string, body: string, headers: Request["headers"] = bearer): Request => ({
  method: "POST",
  url: `${iid}${path}`,
  headers: { ...headers, "content-type": "application/json" },
  body
})

const info = (token: string, query = ""): Request => ({
  method: "GET",
  url: `${iid}/iid/info/${token}${query}`,
  headers: bearer
})

const tokens = (count: number) => Array.from({ length: count }, (_, i) => `"token-${i}"`).join(",")

const addNews = post("/iid/v1:batchAdd", `{"to":"/topics/news","registration_tokens":["ada"]}`)

const changed = json(200, `{"results":[{}]}`)

const unauthorized = json(401, `{"error":"Unauthorized"}`)

const batchErrors = (path: string): Case => [[
  post(
    path,
    `{"to":"/topics/news","registration_tokens":["ada","emulator:unregistered:b","emulator:invalid:c","emulator:internal:d","emulator:quota:e","emulator:unavailable:f"]}`
  ),
  json(
    200,
    `{"results":[{},{"error":"NOT_FOUND"},{"error":"INVALID_ARGUMENT"},{"error":"INTERNAL"},{"error":"RESOURCE_EXHAUSTED"},{"error":"DEADLINE_EXCEEDED"}]}`
  )
]]

const application =
  `"application":"com.example.app","applicationVersion":"1","authorizedEntity":"123456789012","platform":"ANDROID"`

export const cases: Cases = {
  "sub-create": [[subscriptions("POST", "?topic_name=news"), news]],
  "sub-exists": [
    [subscriptions("POST", "?topic_name=news"), news],
    [subscriptions("POST", "?topic_name=news"), error(409, "ALREADY_EXISTS", "Requested entity already exists")]
  ],
  "sub-get": [
    [subscriptions("GET", "/news"), missing],
    [subscriptions("PATCH", "/news"), news],
    [subscriptions("GET", "/news"), news]
  ],
  "sub-list": [
    [subscriptions("GET"), empty],
    [subscriptions("PATCH", "/news"), news],
    [
      subscriptions("PATCH", "/goals"),
      json(
        200,
        `{
  "name": "projects/my-project/registrations/ada/topicSubscriptions/goals",
  "topicName": "goals",
  "createTime": "2023-11-14T22:13:20.000Z"
}
`
      )
    ],
    [
      subscriptions("GET", "?pageSize=1"),
      json(
        200,
        `{
  "topicSubscriptions": [
    {
      "name": "projects/my-project/registrations/ada/topicSubscriptions/goals",
      "topicName": "goals",
      "createTime": "2023-11-14T22:13:20.000Z"
    }
  ],
  "nextPageToken": "goals"
}
`
      )
    ],
    [
      subscriptions("GET", "?pageSize=1&pageToken=goals"),
      json(
        200,
        `{
  "topicSubscriptions": [
    {
      "name": "projects/my-project/registrations/ada/topicSubscriptions/news",
      "topicName": "news",
      "createTime": "2023-11-14T22:13:20.000Z"
    }
  ]
}
`
      )
    ]
  ],
  "sub-patch": [
    [subscriptions("PATCH", "/news?allowMissing=false"), missing],
    [subscriptions("PATCH", "/news"), news],
    [subscriptions("PATCH", "/news?allowMissing=true"), news]
  ],
  "sub-delete": [
    [subscriptions("DELETE", "/news"), missing],
    [subscriptions("DELETE", "/news?allowMissing=true"), empty],
    [subscriptions("PATCH", "/news"), news],
    [subscriptions("DELETE", "/news"), empty],
    [subscriptions("GET", "/news"), missing]
  ],

  "iid-auth": [
    [{ ...addNews, headers: {} }, unauthorized],
    [{ ...addNews, headers: { authorization: "Bearer owner" } }, unauthorized],
    [{ ...addNews, headers: { authorization: "key=emulator:bad-key" } }, unauthorized],
    [{ ...addNews, headers: { authorization: "key=API_KEY" } }, changed],
    [addNews, changed]
  ],
  "iid-batch-add": [
    [
      post("/iid/v1:batchAdd", `{"to":"/topics/news","registration_tokens":["ada","lin"]}`),
      json(200, `{"results":[{},{}]}`)
    ],
    ...batchErrors("/iid/v1:batchAdd")
  ],
  "iid-batch-remove": [
    [addNews, changed],
    [post("/iid/v1:batchRemove", `{"to":"/topics/news","registration_tokens":["ada"]}`), changed],
    [info("ada", "?details=true"), json(200, `{${application}}`)],
    ...batchErrors("/iid/v1:batchRemove")
  ],
  "iid-errors": batchErrors("/iid/v1:batchAdd"),
  "iid-too-many": [
    ...Array.from({ length: 2000 }, (_, i) =>
      [
        post("/iid/v1:batchAdd", `{"to":"/topics/topic-${i}","registration_tokens":["ada"]}`),
        changed
      ] as const),
    [addNews, json(200, `{"results":[{"error":"TOO_MANY_TOPICS"}]}`)]
  ],
  "iid-batch-size": [
    [
      post("/iid/v1:batchAdd", `{"to":"/topics/news","registration_tokens":[${tokens(1000)}]}`),
      json(200, `{"results":[${Array.from({ length: 1000 }, () => "{}").join(",")}]}`)
    ],
    [
      post("/iid/v1:batchAdd", `{"to":"/topics/news","registration_tokens":[${tokens(1001)}]}`),
      json(400, `{"error":"TooManyTokens"}`)
    ]
  ],
  "iid-bad-request": [
    [
      post("/iid/v1:batchAdd", `{"to":"/topics/good news","registration_tokens":["ada"]}`),
      json(400, `{"error":"Topic name format is invalid"}`)
    ],
    [
      post("/iid/v1:batchAdd", `{"to":"/topics/news","registration_tokens":[]}`),
      json(400, `{"error":"MissingIIdToken"}`)
    ]
  ],
  "iid-relation": [
    [post("/iid/v1/ada/rel/topics/news", ""), json(200, "{}")],
    [info("ada", "?details=true"), json(200, `{${application},"rel":{"topics":{"news":{"addDate":"2023-11-14"}}}}`)],
    [{ method: "DELETE", url: `${iid}/iid/v1/ada/rel/topics/news`, headers: bearer }, json(200, "{}")],
    [info("ada", "?details=true"), json(200, `{${application}}`)],
    [post("/iid/v1/ada/rel/topics/good%20news", ""), json(400, `{"error":"Topic name format is invalid"}`)],
    [post("/iid/v1/ada/rel/topics/news", "", {}), unauthorized],
    [
      post("/iid/v1/emulator:unregistered:b/rel/topics/news", ""),
      json(404, `{"error":"No information found about this instance id."}`)
    ]
  ],
  "iid-info": [
    [addNews, changed],
    [info("ada"), json(200, `{${application}}`)],
    [info("ada", "?details=true"), json(200, `{${application},"rel":{"topics":{"news":{"addDate":"2023-11-14"}}}}`)]
  ],
  "iid-info-errors": [
    [info("emulator:invalid:a"), json(400, `{"error":"InvalidToken"}`)],
    [info("emulator:mismatch:a"), json(403, `{"error":"Unauthorized"}`)],
    [info("emulator:unregistered:a"), json(404, `{"error":"No information found about this instance id."}`)],
    [info("emulator:unavailable:a"), json(503, `{"error":"Unavailable"}`, soon)]
  ],
  "iid-batch-import": [
    [post("/iid/v1:batchImport", `{"application":"a","sandbox":false,"apns_tokens":["80a1"]}`), noRoute]
  ],
  "iid-web": [[post("/v1/web/iid", "{}"), noRoute]]
}
