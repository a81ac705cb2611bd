/** A body of FCM v1 as the service reads it: what proto3's JSON holds equal is written in one way. */

/** Maps and free objects: their keys are the application's, and their values stay as they are. */
const free = new Set([
  "message.data",
  "message.android.data",
  "message.apns.headers",
  "message.apns.payload",
  "message.webpush.data",
  "message.webpush.headers",
  "message.webpush.notification"
])

const durations = /^message\.android\.(ttl|notification\.(vibrateTimings|lightSettings\.light(On|Off)Duration))$/

const timestamps = /^message\.android\.notification\.eventTime$/

/** The names of fields are read in camelCase and in snake_case. */
const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Durations and timestamps: 0 to 9 digits of a fraction. */
const withoutZeros = (text: string): string =>
  text.replace(/\.(\d*?)0*(?=[sZ]$)/, (_, digits) => digits && `.${digits}`)

export const normal = (value: unknown, path = ""): unknown => {
  if (free.has(path)) return value
  if (Array.isArray(value)) return value.map((item) => normal(item, path))
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => {
        const key = camelCase(name)
        return [key, normal(field, path === "" ? key : `${path}.${key}`)]
      })
    )
  }
  return typeof value === "string" && (durations.test(path) || timestamps.test(path)) ? withoutZeros(value) : value
}
