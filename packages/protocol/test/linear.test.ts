/**
 * What reads the texts of others takes time in proportion to their size, whatever they hold.
 */
import {
  Condition,
  GcmHttp,
  GcmPlainText,
  InstanceId,
  ProtoJson,
  RpcStatus,
  TopicSubscription
} from "@cloud-messaging/protocol"
import { describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { assertLinear } from "./utils/linear.ts"

type Read = (text: string) => Effect.Effect<unknown, unknown>

const json = <S extends Schema.ConstraintDecoder<unknown>>(schema: S): Read =>
  Schema.decodeEffect(Schema.fromJsonString(schema))

const sync = (read: (text: string) => unknown): Read => (text) => Effect.sync(() => read(text))

/** How each text is read, one of everyday use, and hostile ones. */
const cases: {
  readonly [name: string]: readonly [Read, normal: string, hostile: ReadonlyArray<(n: number) => string>]
} = {
  "GcmHttp.fromText": [
    Schema.decodeEffect(GcmHttp.fromText(GcmHttp.TopicResponse)),
    "{\"message_id\":6782339717028231855}",
    [
      (n) => `{"message_id":${" ".repeat(n)}1${" ".repeat(n)}x}`,
      (n) => `{${" ".repeat(n)}"message_id"${" ".repeat(n)}:${" ".repeat(n)}x`,
      (n) => `{"message_id":${"1".repeat(n)}`,
      (n) => "{\"message_id\":1   ".repeat(n),
      (n) => ",   ".repeat(n),
      (n) => `{"error":${"[".repeat(n)}${"]".repeat(n)}}`
    ]
  ],
  "GcmPlainText.parseResult": [
    sync(GcmPlainText.parseResult),
    "id=1:2\n",
    [(n) => `id=${" ".repeat(n)}1${" ".repeat(n)}`, (n) => " \r\n".repeat(n)]
  ],
  "GcmPlainText.parseRequest": [
    sync(GcmPlainText.parseRequest),
    "registration_id=a&data.b=c&time_to_live=1",
    [(n) => Array.from({ length: n }, (_, i) => `data.${i}=`).join("&"), (n) => `time_to_live=${"9".repeat(n)}`]
  ],
  "RpcStatus.decodeEnvelope": [
    sync((text) => RpcStatus.decodeEnvelope(text)),
    "{\"error\":{\"code\":404}}",
    [
      (n) => `{"error":{"details":${"[".repeat(n)}${"]".repeat(n)}}}`
    ]
  ],
  "InstanceId.Info": [
    json(InstanceId.Info),
    "{\"rel\":{\"topics\":{\"news\":{}}}}",
    [(n) => `{"rel":{"topics":{${Array.from({ length: n }, (_, i) => `"${i}":{}`).join()}}}}`]
  ],
  "TopicSubscription.Page": [
    json(TopicSubscription.Page),
    "{\"topicSubscriptions\":[{\"name\":\"a/b\"}]}",
    [(n) => `{"topicSubscriptions":[{"name":"${"/".repeat(n)}","${"a_".repeat(n)}":1}]}`]
  ],
  "Condition.parse": [
    sync(Condition.parse),
    "'a' in topics && ('b' in topics || !('c' in topics))",
    [
      (n) => `'a' in topics${" ".repeat(n)}x`,
      (n) => `'a'${" ".repeat(n)}in${" ".repeat(n)}x`,
      (n) => `${`(${" ".repeat(n)}`.repeat(50)}x`,
      (n) => `'${"a".repeat(n)}`,
      (n) => "!(".repeat(n)
    ]
  ],
  "ProtoJson.Duration": [
    Schema.decodeEffect(ProtoJson.Duration),
    "3.5s",
    [(n) => `${"9".repeat(n)}s`, (n) => `-${"0".repeat(n)}1s`, (n) => `${"0".repeat(n)}x`]
  ]
}

for (const [name, [read, normal, texts]] of Object.entries(cases)) {
  describe(name, () => {
    it.effect.each(texts.map((text) => ({ text, like: JSON.stringify(text(3)).slice(0, 60) })))(
      "takes time in proportion to the size of a text such as $like",
      ({ text }) => assertLinear(read, { normal, hostile: text })
    )
  })
}
