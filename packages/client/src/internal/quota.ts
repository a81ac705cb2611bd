/**
 * Whose quota a 429 is about, from the text of the service. Only this module decides whom a 429 slows.
 */

/** Whom a 429 slows: every send of the layer, or the recipient or topic that was sent to. */
export type Slows = "everybody" | "recipient"

/**
 * Whom a 429 slows: one device or topic if the text names one, otherwise every send, as the quota belongs to the project.
 */
export const slowedBy = (text: string, projectId = ""): Slows => {
  const read = text.slice(0, maxRead).replace(projectName, " ")
  // the texts of Google's quota service speak of the project that consumes, whatever the quota is called
  const isOfOne = !/\bconsumer\b/i.test(read) && /device|topic/i.test(without(read, projectId))
  return isOfOne ? "recipient" : "everybody"
}

/** The name of a project may contain these words: `projects/topics-1`, "project my-device-app". */
const projectName = /\bprojects?(?:_id|_number)?(?:[:/=]\s?['"]?[\w-]+|\s['"][\w-]+|\s[\w-]*-[\w-]+)/gi

const without = (text: string, word: string): string => word === "" ? text : text.replaceAll(word, " ")

const maxRead = 1000
