/** The fields of a type, as paths, so that the compiler tells when a table lacks one. */
import type { DateTime, Duration, Redacted, Schema } from "effect"

/** What is one value. */
type Atom =
  | string
  | number
  | bigint
  | boolean
  | Date
  | DateTime.DateTime
  | Duration.Duration
  | Duration.DurationObject
  | Redacted.Redacted

type Named<A> =
  & keyof { [K in keyof A as string extends K ? never : number extends K ? never : K]: unknown }
  & string

type Join<Head extends string, Rest extends string> = Rest extends "" ? Head : `${Head}.${Rest}`

/** Every path to a value. Lists are passed through; maps, and whatever may be any JSON, are one value. */
export type Fields<A> = [Schema.Json] extends [A] ? ""
  : A extends Atom ? ""
  : A extends ReadonlyArray<infer Item> ? Fields<Item>
  : [Named<A>] extends [never] ? ""
  : { [K in Named<A>]-?: Join<K, Fields<Exclude<A[K], undefined>>> }[Named<A>]

/** Whether a value says something at a path. */
export const says = (value: unknown, path: string): boolean => {
  if (path === "") return value !== undefined
  if (Array.isArray(value)) return value.some((item) => says(item, path))
  if (typeof value !== "object" || value === null) return false
  const [key = "", ...rest] = path.split(".")
  return Object.entries(value).some(([name, field]) => name === key && says(field, rest.join(".")))
}
