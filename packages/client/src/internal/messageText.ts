/**
 * What a message says, as texts.
 */
import type { DataValue, Fields } from "../Message.ts"

/** The data as the services take it: whatever is not a string is written as `String(value)`. */
export const dataTexts = (data: { readonly [key: string]: DataValue }): { readonly [key: string]: string } =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, String(value)]))

/** Every text that nobody else should read. */
export const texts = ({ data, notification }: Fields): ReadonlyArray<string> =>
  [...Object.values(dataTexts(data ?? {})), ...Object.values(notification ?? {})].filter((_) => _ !== undefined)
