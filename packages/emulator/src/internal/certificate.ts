/**
 * The certificate by which the emulator is Google's messaging for who asks it to be, and the authority that signed it.
 *
 * Who trusts the authority trusts no site but the few that are named here: the authority may name no other, and its key is
 * forgotten as soon as the one certificate is signed.
 */
import { BitString, Integer, OctetString, Utf8String } from "asn1js"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createHash, createPrivateKey, randomBytes, X509Certificate } from "node:crypto"
import * as Pki from "pkijs"
import { googleHosts } from "./googleHosts.ts"

/** What a server over TLS needs, and its clients. */
export interface Certificate {
  /** The certificate, in PEM. */
  readonly cert: string
  /** Its private key: PEM, PKCS #8. */
  readonly key: Redacted.Redacted
  /** The authority's certificate, in PEM: what clients trust. */
  readonly ca: string
}

// -----------------------------------------------------------------------------
// Names
// -----------------------------------------------------------------------------

export interface Names {
  readonly hosts: ReadonlyArray<string>
  readonly addresses: ReadonlyArray<Uint8Array>
}

const ipv4Loopback = Uint8Array.of(127, 0, 0, 1)
const ipv6Loopback = Uint8Array.from({ length: 16 }, (_, i) => i === 15 ? 1 : 0)

/** The hosts of Google's whose paths the emulator serves, and this machine as its clients call it. */
export const names: Names = {
  hosts: ["localhost", ...googleHosts],
  addresses: [ipv4Loopback, ipv6Loopback]
}

/** An address and its mask: all of 127.0.0.0/8, and ::1 alone. */
const networks = [
  Uint8Array.of(127, 0, 0, 0, 255, 0, 0, 0),
  Uint8Array.of(...ipv6Loopback, ...new Uint8Array(16).fill(255))
]

const dnsName = (value: string) => new Pki.GeneralName({ type: 2, value })

const ipAddress = (bytes: Uint8Array) =>
  new Pki.GeneralName({ type: 7, value: new OctetString({ valueHex: bytes.slice().buffer }) })

// -----------------------------------------------------------------------------
// Extensions
// -----------------------------------------------------------------------------

const extension = (extnID: string, value: { toSchema: () => { toBER: () => ArrayBuffer } }, critical = true) =>
  new Pki.Extension({ extnID, critical, extnValue: value.toSchema().toBER() })

const serverAuth = "1.3.6.1.5.5.7.3.1"

const bits = (byte: number, unusedBits: number) => {
  const bitString = new BitString({ valueHex: Uint8Array.of(byte).buffer, unusedBits })
  return { toSchema: () => bitString }
}

const keyUsage = {
  digitalSignature: extension(Pki.id_KeyUsage, bits(0b1000_0000, 7)),
  keyCertSign: extension(Pki.id_KeyUsage, bits(0b0000_0100, 2))
}

const nameConstraints = ({ hosts }: Names) =>
  new Pki.NameConstraints({
    permittedSubtrees: [...hosts.map(dnsName), ...networks.map(ipAddress)].map((base) =>
      new Pki.GeneralSubtree({ base })
    )
  })

/** The constraints of an authority: it signs only server certificates for these names, and no other authority. */
const constraints = (permitted: Names): ReadonlyArray<Pki.Extension> => [
  extension(Pki.id_BasicConstraints, new Pki.BasicConstraints({ cA: true, pathLenConstraint: 0 })),
  keyUsage.keyCertSign,
  extension(Pki.id_ExtKeyUsage, new Pki.ExtKeyUsage({ keyPurposes: [serverAuth] }), false),
  extension(Pki.id_NameConstraints, nameConstraints(permitted))
]

const isSame = (a: Pki.Extension) => (b: Pki.Extension): boolean =>
  a.extnID === b.extnID && a.critical === b.critical &&
  Buffer.compare(a.extnValue.valueBlock.valueHexView, b.extnValue.valueBlock.valueHexView) === 0

/** Whether an authority has the constraints that this module sets. */
export const isConstrained = ({ raw }: X509Certificate, permitted: Names): boolean => {
  const { extensions = [] } = Pki.Certificate.fromBER(raw)
  return constraints(permitted).every((constraint) => extensions.some(isSame(constraint)))
}

// -----------------------------------------------------------------------------
// Authority
// -----------------------------------------------------------------------------

/** As long as systems take that of a server; a year and a month. */
const validDays = 397

const newKeys = Effect.promise(() =>
  crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"])
)

const keyId = (certificate: Pki.Certificate) =>
  new OctetString({
    valueHex: Uint8Array.from(
      createHash("sha256").update(certificate.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView).digest()
    ).slice(0, 20).buffer
  })

const named = (name: Pki.RelativeDistinguishedNames, text: string) =>
  name.typesAndValues.push(new Pki.AttributeTypeAndValue({ type: "2.5.4.3", value: new Utf8String({ value: text }) }))

/** RFC 5280 section 4.1.2.5: years up to 2049 have two digits, later ones four. */
const time = (now: number) => {
  const value = new Date(now)
  return new Pki.Time({ value, type: value.getUTCFullYear() < 2050 ? 0 : 1 })
}

/** A certificate without a signature, valid from a day ago: clocks differ. */
const draft = Effect.fnUntraced(function*(subject: string, issuer: string, publicKey: CryptoKey, now: number) {
  const certificate = new Pki.Certificate({
    version: 2,
    serialNumber: new Integer({ valueHex: Uint8Array.of(1, ...randomBytes(15)).buffer })
  })
  named(certificate.subject, subject)
  named(certificate.issuer, issuer)
  const day = 86_400_000
  certificate.notBefore = time(now - day)
  certificate.notAfter = time(now + (validDays - 1) * day)
  yield* Effect.promise(() => certificate.subjectPublicKeyInfo.importKey(publicKey))
  return certificate
})

const toPem = (certificate: Pki.Certificate): string =>
  new X509Certificate(Buffer.from(certificate.toSchema().toBER())).toString()

const keyToPem = (pkcs8: ArrayBuffer): Redacted.Redacted =>
  Redacted.make(
    createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" })
      .export({ format: "pem", type: "pkcs8" }).toString()
  )

/**
 * An authority that may name what is permitted alone, and signs certificates of servers as long as it is remembered. Its
 * time is the system's, not that of Effect's clock: clients go by theirs.
 */
export const authority = Effect.fnUntraced(function*(permitted: Names, now: number = Date.now()) {
  const keys = yield* newKeys
  const issuer = `Cloud Messaging emulator ${randomBytes(4).toString("hex")}`
  const sign = (certificate: Pki.Certificate) =>
    Effect.map(Effect.promise(() => certificate.sign(keys.privateKey, "SHA-256")), () => toPem(certificate))
  const root = yield* draft(issuer, issuer, keys.publicKey, now)
  root.extensions = [
    ...constraints(permitted),
    extension(Pki.id_SubjectKeyIdentifier, { toSchema: () => keyId(root) }, false)
  ]
  const ca = yield* sign(root)
  const issue = Effect.fnUntraced(function*({ addresses, hosts }: Names) {
    const { privateKey, publicKey } = yield* newKeys
    const certificate = yield* draft("Cloud Messaging emulator", issuer, publicKey, now)
    certificate.extensions = [
      extension(Pki.id_BasicConstraints, new Pki.BasicConstraints({ cA: false })),
      keyUsage.digitalSignature,
      extension(Pki.id_ExtKeyUsage, new Pki.ExtKeyUsage({ keyPurposes: [serverAuth] }), false),
      extension(
        Pki.id_SubjectAltName,
        new Pki.AltName({ altNames: [...hosts.map(dnsName), ...addresses.map(ipAddress)] }),
        false
      ),
      extension(Pki.id_SubjectKeyIdentifier, { toSchema: () => keyId(certificate) }, false),
      extension(
        Pki.id_AuthorityKeyIdentifier,
        new Pki.AuthorityKeyIdentifier({ keyIdentifier: keyId(root) }),
        false
      )
    ]
    const key = yield* Effect.promise(() => crypto.subtle.exportKey("pkcs8", privateKey))
    const issued: Certificate = { cert: yield* sign(certificate), key: keyToPem(key), ca }
    return issued
  })
  return { ca, issue }
})

/** A certificate of an authority that signs no other: its key is gone. */
export const make: Effect.Effect<Certificate> = Effect.suspend(() =>
  Effect.flatMap(authority(names), ({ issue }) => issue(names))
)
