/**
 * The JSON rules of proto3, as Google's front end applies them before a service sees a request: names of fields in
 * either case, `null` as absent, and what it says of what it cannot read.
 *
 * Source: protobuf.dev/programming-guides/json. The texts are as Google's APIs write them in `google.rpc.BadRequest`.
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Str from "effect/String"

/** What is wrong with which field. */
export interface Violation {
  /** As protobuf names it: `message.android.collapse_key`; absent: the request as a whole. */
  readonly field: string | undefined
  readonly description: string
}

/** The maximum number of reported violations, so that an answer is not a hundred times larger than its request. */
export const maxViolations = 100

/** Reads a request, or tells what is wrong with it. */
export const decode = <A>(
  schema: Schema.Codec<A, unknown>
): (json: unknown) => Result.Result<A, ReadonlyArray<Violation>> => {
  const { ast } = Schema.toEncoded(schema)
  const decodeFields = Schema.decodeUnknownResult(schema, { errors: "all" })
  return (json) => {
    const violations: Array<Violation> = []
    const value = read(ast, json, "", violations)
    if (violations.length > 0) return Result.fail(violations)
    return Result.mapError(
      decodeFields(value),
      ({ issue }) =>
        format(issue).issues.slice(0, maxViolations).map(({ path = [] }) =>
          refused(ast, value, path.map((part) => typeof part === "object" ? part.key : part))
        )
    )
  }
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

// -----------------------------------------------------------------------------
// Structure
// -----------------------------------------------------------------------------

/** The value with the names of the schema; what cannot be read is left out, and told. */
const read = (ast: SchemaAST.AST, value: unknown, path: string, violations: Array<Violation>): unknown => {
  if (violations.length >= maxViolations) return undefined
  const type = present(ast)
  if (SchemaAST.isObjects(type)) {
    if (!Predicate.isObject(value)) return wrongType(type, value, path, violations)
    return type.propertySignatures.length > 0
      ? readMessage(type, value, path, violations)
      : readMap(type, value, path, violations)
  }
  if (SchemaAST.isArrays(type)) {
    const [item] = type.rest
    if (!Array.isArray(value) || item === undefined) return wrongType(type, value, path, violations)
    return value.map((each, i) => read(item, each, `${path}[${i}]`, violations))
  }
  return scalar(type, value) ?? wrongType(type, value, path, violations)
}

const readMessage = (type: SchemaAST.Objects, message: object, path: string, violations: Array<Violation>) => {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(message)) {
    if (violations.length >= maxViolations) break
    const key = Str.snakeToCamel(name)
    const property = type.propertySignatures.find((_) => _.name === key)
    if (property === undefined) violations.push(unknownName(name, path, "Cannot find field."))
    else if (value === null) continue
    else if (Array.isArray(value) && !SchemaAST.isArrays(present(property.type))) {
      violations.push(unknownName(name, path, "Proto field is not repeating, cannot start list."))
    } else fields[key] = read(property.type, value, join(path, Str.camelToSnake(key)), violations)
  }
  return fields
}

/** A map of texts, or any JSON: its keys are the sender's own. */
const readMap = (type: SchemaAST.Objects, map: object, path: string, violations: Array<Violation>) => {
  const [entry] = type.indexSignatures
  if (entry === undefined || !SchemaAST.isString(entry.type)) return map
  // protobuf names an entry of a map by its position
  Object.values(map).forEach((value, i) => read(entry.type, value, `${path}[${i}].value`, violations))
  return map
}

/** What a field is where it is there. */
const present = (ast: SchemaAST.AST): SchemaAST.AST => {
  if (!SchemaAST.isUnion(ast)) return ast
  const [first, ...rest] = ast.types.filter((type) => !SchemaAST.isUndefined(type))
  return first !== undefined && rest.length === 0 ? first : ast
}

/** A value of that type, if it is one: names of an enum in whatever case, numbers also as texts. */
const scalar = (type: SchemaAST.AST, value: unknown): unknown => {
  if (SchemaAST.isUnion(type)) return type.types.map((_) => scalar(_, value)).find((_) => _ !== undefined)
  if (SchemaAST.isLiteral(type)) return type.literal === String(value).toUpperCase() ? type.literal : undefined
  if (SchemaAST.isString(type)) return Predicate.isString(value) ? value : undefined
  if (SchemaAST.isNumber(type)) return number(value)
  return SchemaAST.isBoolean(type) && Predicate.isBoolean(value) ? value : undefined
}

const number = (value: unknown): number | undefined => {
  if (Predicate.isNumber(value)) return value
  return Predicate.isString(value) && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined
}

// -----------------------------------------------------------------------------
// Texts
// -----------------------------------------------------------------------------

const join = (path: string, name: string): string => path === "" ? name : `${path}.${name}`

const unknownName = (name: string, path: string, why: string): Violation => ({
  field: path === "" ? undefined : path,
  description: `Invalid JSON payload received. Unknown name "${name}"${path === "" ? "" : ` at '${path}'`}: ${why}`
})

const invalidValue = (type: SchemaAST.AST, value: unknown, path: string): Violation => ({
  field: path,
  description: `Invalid value at '${path}' (${typeName(type)}), ${JSON.stringify(value)}`
})

const wrongType = (type: SchemaAST.AST, value: unknown, path: string, violations: Array<Violation>): undefined => {
  violations.push(invalidValue(type, value, path))
}

/** A field that is of the right type, and yet says nothing. */
const refused = (ast: SchemaAST.AST, value: unknown, keys: ReadonlyArray<PropertyKey>): Violation => {
  const [type, at, path] = keys.reduce<readonly [SchemaAST.AST, unknown, string]>(
    ([ast, value, path], key) => [
      fieldType(present(ast), key),
      Predicate.hasProperty(value, key) ? value[key] : undefined,
      Predicate.isNumber(key) ? `${path}[${key}]` : join(path, Str.camelToSnake(String(key)))
    ],
    [ast, value, ""]
  )
  return invalidValue(present(type), at, path)
}

const fieldType = (ast: SchemaAST.AST, key: PropertyKey): SchemaAST.AST =>
  SchemaAST.isObjects(ast)
    ? ast.propertySignatures.find(({ name }) => name === key)?.type ?? SchemaAST.unknown
    : SchemaAST.isArrays(ast)
    ? ast.rest[0] ?? SchemaAST.unknown
    : SchemaAST.unknown

const typeName = (type: SchemaAST.AST): string => {
  const name = SchemaAST.resolveIdentifier(type)
  if (name !== undefined) {
    return `type.googleapis.com/${name.startsWith("google.") ? name : `google.firebase.fcm.v1.${name}`}`
  }
  if (SchemaAST.isString(type)) return "TYPE_STRING"
  if (SchemaAST.isBoolean(type)) return "TYPE_BOOL"
  if (!SchemaAST.isNumber(type)) return "TYPE_MESSAGE"
  return type.checks?.some(({ annotations }) => /integer/.test(String(annotations?.expected)))
    ? "TYPE_INT32"
    : "TYPE_FLOAT"
}
