/**
 * What was documented or recorded of the wire: literal requests and responses, made by no Schema of ours.
 */
import { type Effect, Schema } from "effect"
import * as Fs from "node:fs"

const directory = new URL("../fixtures/", import.meta.url)

const Headers = Schema.Record(Schema.String, Schema.String)

/** What a request or response says: JSON as `body`, any other text as `text`. */
const content = { headers: Headers, body: Schema.optionalKey(Schema.Json), text: Schema.optionalKey(Schema.String) }

const FixtureSchema = Schema.Struct({
  source: Schema.NonEmptyString,
  description: Schema.NonEmptyString,
  request: Schema.optionalKey(Schema.Struct({ method: Schema.Literal("POST"), path: Schema.String, ...content })),
  response: Schema.optionalKey(Schema.Struct({ status: Schema.Int, ...content }))
})

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(FixtureSchema), { onExcessProperty: "error" })

export type Fixture = typeof FixtureSchema.Type
export type FixtureRequest = NonNullable<Fixture["request"]>
export type FixtureResponse = NonNullable<Fixture["response"]>

/** The names of all fixtures that begin with a prefix. */
export const names = (prefix = ""): ReadonlyArray<string> =>
  Fs.readdirSync(directory)
    .flatMap((file) => file.startsWith(prefix) && file.endsWith(".json") ? [file.slice(0, -".json".length)] : [])
    .toSorted()

/** A fixture by its name. */
export const fixture = (name: string): Fixture => decode(Fs.readFileSync(new URL(`${name}.json`, directory), "utf8"))

/** A fixture's request. */
export const request = (name: string): FixtureRequest => {
  const { request } = fixture(name)
  if (request === undefined) throw new Error(`the fixture ${name} has no request`)
  return request
}

/** A fixture's response. */
export const response = (name: string): FixtureResponse => {
  const { response } = fixture(name)
  if (response === undefined) throw new Error(`the fixture ${name} has no response`)
  return response
}

/** The text of a request or response as it goes over the wire. */
export const textOf = (content: { readonly body?: Schema.Json; readonly text?: string }): string =>
  content.text ?? JSON.stringify(content.body)

/** A response as the web has it. */
export const webResponse = (content: FixtureResponse): Response =>
  new Response(textOf(content), { status: content.status, headers: content.headers })

/** The JSON of a text. */
export const parseJson: (text: string) => Effect.Effect<Schema.Json, Schema.SchemaError> = Schema.decodeEffect(
  Schema.fromJsonString(Schema.Json)
)
