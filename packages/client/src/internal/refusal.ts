/**
 * Why Google refuses credentials or a project, by the reason of its `google.rpc.ErrorInfo`, and what to do about it.
 *
 * Source: google/api/error_reason.proto; cloud.google.com/iam/docs/permission-error-messages.
 */

/** The details of a refusal, if the service gives them. */
export interface Refusal {
  readonly code?: string | undefined
  readonly detail?: string | undefined
  readonly account?: string | undefined
}

const advice: ReadonlyMap<string, string> = new Map([
  ["SERVICE_DISABLED", "enable the Firebase Cloud Messaging API of the project"],
  ["BILLING_DISABLED", "enable billing of the project"],
  ["CONSUMER_INVALID", "check the id of the project, and of the quota project"],
  ["CONSUMER_SUSPENDED", "the project is suspended: ask Google's support"],
  ["USER_PROJECT_DENIED", "give the account the role roles/serviceusage.serviceUsageConsumer in the quota project"],
  [
    "IAM_PERMISSION_DENIED",
    "give the account a role in the project that has this permission, such as roles/firebasecloudmessaging.admin"
  ],
  [
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    "ask for an access token with the scope https://www.googleapis.com/auth/firebase.messaging"
  ],
  ["ACCESS_TOKEN_EXPIRED", "set this machine's clock, or give a token that is still valid"],
  ["ACCESS_TOKEN_TYPE_UNSUPPORTED", "give an OAuth 2.0 access token, not an ID token or an API key"],
  ["ACCOUNT_STATE_INVALID", "the account is disabled or deleted: enable it, or use another account"],
  ["CREDENTIALS_MISSING", "give an OAuth 2.0 access token"]
])

const quotaProject = "name a project of yours as the quota project (GOOGLE_CLOUD_QUOTA_PROJECT, or gcloud auth " +
  "application-default set-quota-project), and enable the Firebase Cloud Messaging API there"

/** Whether Google documents a reason. Such a reason contains no data of the request. */
export const isKnown = (code: string): boolean => advice.has(code)

/** A refusal as a sentence: what is refused, to whom, what to do, and what the service said. */
export const describe = (refused: string, { account, code, detail }: Refusal, otherwise: string): string => {
  // the same reason as for an API that is off
  const isQuotaProject = /\bquota project\b/i.test(detail ?? "") && code === "SERVICE_DISABLED"
  const todo = isQuotaProject ? quotaProject : code === undefined ? otherwise : advice.get(code) ?? ""
  const said = [code, detail].filter((text) => text !== undefined).join(": ")
  return [
    account === undefined ? refused : `${refused} (account ${account})`,
    todo === "" ? "" : `: ${todo}`,
    said === "" ? "" : `; the service says ${said}`
  ].join("")
}
