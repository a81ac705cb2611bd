/**
 * Google's hosts that the emulator stands for: messages, device groups, topics, and access tokens by their names of all years.
 */
export const googleHosts: ReadonlyArray<string> = [
  "fcm.googleapis.com",
  "iid.googleapis.com",
  "oauth2.googleapis.com",
  // access tokens, for libraries of before 2025
  "www.googleapis.com",
  // GCM
  "android.googleapis.com",
  "gcm-http.googleapis.com"
]
