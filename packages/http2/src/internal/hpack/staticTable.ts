/**
 * The fields that every endpoint knows (RFC 7541, appendix A). Their indices begin at 1.
 */
const text = `
:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`

/** The first line is empty, as index 0 is. */
const entries = text.split("\n").map((line) => /^(\S*) ?(.*)$/.exec(line) ?? [])

export const names: ReadonlyArray<string> = entries.map(([, name = ""]) => name)

export const values: ReadonlyArray<string> = entries.map(([, , value = ""]) => value)

/** How many entries there are. */
export const count = names.length - 1

/** The first entry with a name; 0 if there is none. */
export const indexOfName = (name: string): number => Math.max(0, names.indexOf(name))

/** The entries with a name, by their values; none where the table has only the name. */
export const indicesByValue = (name: string): ReadonlyMap<string, number> =>
  new Map(values.flatMap((value, index) => names[index] === name && value !== "" ? [[value, index] as const] : []))
