/**
 * Google's hosts that the emulator stands for: messages, device groups, topics, and access tokens by their names of all years.
 */
export const googleHosts: ReadonlyArray<string> = [
  "fcm.googleapis.com",
  "iid.googleapis.com",
  "oauth2.googleapis.com",
  "www.googleapis.com",
  "android.googleapis.com",
  "gcm-http.googleapis.com"
]
