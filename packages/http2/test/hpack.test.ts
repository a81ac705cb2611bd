/** HPACK: the examples of RFC 7541, what comes back, and what no encoder writes. */
import { assert, describe, it } from "@effect/vitest"
import { Decoder, HpackError } from "../src/internal/hpack/decoder.ts"
import { Encoder } from "../src/internal/hpack/encoder.ts"
import { type Fields, sizeOf } from "../src/internal/hpack/fields.ts"
import * as Huffman from "../src/internal/hpack/huffman.ts"
import * as Random from "./utils/random.ts"

const bytesOf = (hex: string) => Buffer.from(hex.replace(/\s/g, ""), "hex")

const decoderOf = (tableSize = 4096, listSize = 65_536) => new Decoder({ tableSize, listSize })

const decode = (decoder: Decoder, bytes: Buffer) => decoder.decode(bytes, 0, bytes.length)

const tableOf = ({ table }: Decoder): ReadonlyArray<ReadonlyArray<string | undefined>> =>
  Array.from({ length: table.count }, (_, i) => [table.name(i + 1), table.value(i + 1)])

const encode = (encoder: Encoder, fields: Fields): Buffer => {
  const into = Buffer.alloc(encoder.bound(fields))
  return into.subarray(0, encoder.encode(fields, into, 0))
}

interface Example {
  readonly hex: string
  readonly fields: Fields
  /** The dynamic table afterwards, the newest entry first. */
  readonly table: ReadonlyArray<readonly [string, string]>
  readonly size: number
}

const authority = [":authority", "www.example.com"] as const
const noCache = ["cache-control", "no-cache"] as const
const custom = ["custom-key", "custom-value"] as const

const first: Fields = [":method", "GET", ":scheme", "http", ":path", "/", ...authority]
const second: Fields = [...first, ...noCache]
const third: Fields = [":method", "GET", ":scheme", "https", ":path", "/index.html", ...authority, ...custom]

const date21 = ["date", "Mon, 21 Oct 2013 20:13:21 GMT"] as const
const date22 = ["date", "Mon, 21 Oct 2013 20:13:22 GMT"] as const
const location = ["location", "https://www.example.com"] as const
const isPrivate = ["cache-control", "private"] as const
const gzip = ["content-encoding", "gzip"] as const
const cookie = ["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"] as const

const requests = (...hex: readonly [string, string, string]): ReadonlyArray<Example> => [
  { hex: hex[0], fields: first, table: [authority], size: 57 },
  { hex: hex[1], fields: second, table: [noCache, authority], size: 110 },
  { hex: hex[2], fields: third, table: [custom, noCache, authority], size: 164 }
]

const responses = (...hex: readonly [string, string, string]): ReadonlyArray<Example> => [
  {
    hex: hex[0],
    fields: [":status", "302", ...isPrivate, ...date21, ...location],
    table: [location, date21, isPrivate, [":status", "302"]],
    size: 222
  },
  {
    hex: hex[1],
    fields: [":status", "307", ...isPrivate, ...date21, ...location],
    table: [[":status", "307"], location, date21, isPrivate],
    size: 222
  },
  {
    hex: hex[2],
    fields: [":status", "200", ...isPrivate, ...date22, ...location, ...gzip, ...cookie],
    table: [cookie, gzip, date22],
    size: 215
  }
]

const examples: ReadonlyArray<{
  readonly name: string
  readonly tableSize?: number
  readonly blocks: ReadonlyArray<Example>
}> = [
  {
    name: "C.2.1 literal with indexing",
    blocks: [{
      hex: "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
      fields: ["custom-key", "custom-header"],
      table: [["custom-key", "custom-header"]],
      size: 55
    }]
  },
  {
    name: "C.2.2 literal without indexing",
    blocks: [{
      hex: "040c 2f73 616d 706c 652f 7061 7468",
      fields: [":path", "/sample/path"],
      table: [],
      size: 0
    }]
  },
  {
    name: "C.2.3 literal never indexed",
    blocks: [{ hex: "1008 7061 7373 776f 7264 0673 6563 7265 74", fields: ["password", "secret"], table: [], size: 0 }]
  },
  { name: "C.2.4 indexed", blocks: [{ hex: "82", fields: [":method", "GET"], table: [], size: 0 }] },
  {
    name: "C.3 requests without Huffman's code",
    blocks: requests(
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65"
    )
  },
  {
    name: "C.4 requests in Huffman's code",
    blocks: requests(
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"
    )
  },
  {
    name: "C.5 responses without Huffman's code, in a table of 256 bytes",
    tableSize: 256,
    blocks: responses(
      "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d " +
        "546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "4803 3330 37c1 c0bf",
      "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f " +
        "6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b " +
        "2076 6572 7369 6f6e 3d31"
    )
  },
  {
    name: "C.6 responses in Huffman's code, in a table of 256 bytes",
    tableSize: 256,
    blocks: responses(
      "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 " +
        "8f0b 97c8 e9ae 82ae 43d3",
      "4883 640e ffc1 c0bf",
      "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 " +
        "dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07"
    )
  }
]

describe("RFC 7541, appendix C", () => {
  for (const { blocks, name, tableSize } of examples) {
    it(name, () => {
      const decoder = decoderOf(tableSize)
      for (const { fields, hex, size, table } of blocks) {
        assert.deepStrictEqual(decode(decoder, bytesOf(hex)), fields)
        assert.deepStrictEqual(tableOf(decoder), table)
        assert.strictEqual(decoder.table.size, size)
      }
    })
  }

  // the strings of C.4 and C.6
  const coded = {
    "www.example.com": "f1e3 c2e5 f23a 6ba0 ab90 f4ff",
    "no-cache": "a8eb 1064 9cbf",
    "custom-key": "25a8 49e9 5ba9 7d7f",
    "custom-value": "25a8 49e9 5bb8 e8b4 bf",
    "302": "6402",
    "private": "aec3 771a 4b",
    "Mon, 21 Oct 2013 20:13:21 GMT": "d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff",
    "https://www.example.com": "9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3",
    "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1":
      "94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07"
  }
  it("its strings in Huffman's code, both ways", () => {
    for (const [text, hex] of Object.entries(coded)) {
      const bytes = bytesOf(hex)
      const into = Buffer.alloc(Huffman.encodedLength(text))
      assert.strictEqual(Huffman.encode(text, into, 0), into.length)
      assert.deepStrictEqual(into, bytes)
      assert.strictEqual(Huffman.decode(bytes, 0, bytes.length), text)
    }
  })
})

describe("Huffman's code", () => {
  it("has every octet", () => {
    const text = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))
    const into = Buffer.alloc(Huffman.encodedLength(text))
    Huffman.encode(text, into, 0)
    assert.strictEqual(Huffman.decode(into, 0, into.length), text)
  })

  for (
    const [name, hex] of [
      ["EOS", "ffff ffff"],
      ["padding of more than 7 bits", "1fff"],
      ["padding that is no part of EOS", "18"]
    ] as const
  ) {
    it(`does not contain ${name}`, () => {
      const bytes = bytesOf(hex)
      assert.isUndefined(Huffman.decode(bytes, 0, bytes.length))
    })
  }

  it("of a string longer than most", () => {
    const text = "0".repeat(100_000)
    const into = Buffer.alloc(Huffman.encodedLength(text))
    Huffman.encode(text, into, 0)
    assert.strictEqual(Huffman.decode(into, 0, into.length), text)
  })
})

describe("encoder", () => {
  const request: Fields = [
    ":method",
    "POST",
    ":scheme",
    "https",
    ":authority",
    "fcm.googleapis.com",
    ":path",
    "/v1/projects/p/messages:send",
    "authorization",
    `Bearer ${"a".repeat(1000)}`,
    "content-type",
    "application/json",
    "x-goog-user-project",
    "p"
  ]

  it("puts what comes twice into the table, in Huffman's code", () => {
    const encoder = new Encoder()
    const sizes = [1, 2, 3].map(() => encode(encoder, ["x-name", "a value that comes again"]).length)
    assert.strictEqual(sizes[0], 33)
    assert.isBelow(sizes[1] ?? 0, 28)
    assert.strictEqual(sizes[2], 1)
  })

  it("never indexes secrets: authorization, cookies, and what else it is told", () => {
    const encoder = new Encoder(["x-api-key"])
    const secrets = [
      ["authorization", "1f08 03", "key"],
      ["cookie", "1f11 03", "key"],
      ["proxy-authorization", "1f22 03", "key"],
      ["x-api-key", "1009 782d 6170 692d 6b65 79 03", "key"]
    ] as const
    for (const [name, prefix, value] of secrets) {
      for (let n = 0; n < 3; n++) {
        assert.strictEqual(
          encode(encoder, [name, value]).toString("hex"),
          bytesOf(prefix).toString("hex") + Buffer.from(value).toString("hex")
        )
      }
    }
    const decoder = decoderOf()
    for (let n = 0; n < 3; n++) decode(decoder, encode(new Encoder(), request))
    assert.isFalse(tableOf(decoder).some(([name]) => name === "authorization"))
  })

  it("writes a request that comes again as little more than its secrets", () => {
    const encoder = new Encoder()
    const decoder = decoderOf()
    const sizes = Array.from({ length: 4 }, () => {
      const block = encode(encoder, request)
      assert.deepStrictEqual(decode(decoder, block), request)
      return block.length
    })
    assert.deepStrictEqual(sizes.slice(2), [1018, 1018])
  })

  it("says that the table shrank and grew", () => {
    const encoder = new Encoder()
    const decoder = decoderOf()
    const fields = ["x-name", "value"]
    for (let n = 0; n < 3; n++) decode(decoder, encode(encoder, fields))
    encoder.resize(0)
    encoder.resize(100)
    const block = encode(encoder, fields)
    // 0, then 100
    assert.strictEqual(block.subarray(0, 3).toString("hex"), "203f45")
    assert.deepStrictEqual(decode(decoder, block), fields)
    assert.strictEqual(decoder.table.count, 1)
  })

  it("uses 4096 bytes at most, however many the peer offers", () => {
    const encoder = new Encoder()
    encoder.resize(1_000_000)
    assert.strictEqual(encode(encoder, [":method", "GET"]).toString("hex"), "82")
  })

  it("is understood: random fields, random sizes of the table", () => {
    const random = Random.make(7)
    const encoder = new Encoder(["x-1"])
    const decoder = decoderOf()
    const name = () => random.oneOf("authorization", "date", ":status", `x-${random.below(random.oneOf(6, 6, 300))}`)
    const value = () =>
      random.oneOf("", "200", "v".repeat(random.below(3000)), random.bytes(random.below(20)).toString("latin1"))
    let fields: Fields = []
    for (let i = 0; i < 20_000; i++) {
      if (random.below(300) === 0) encoder.resize(random.oneOf(0, 100, 1000, 4096, 10_000))
      if (random.below(3) > 0) fields = Array.from({ length: random.below(8) }, () => [name(), value()]).flat()
      assert.deepStrictEqual(decode(decoder, encode(encoder, fields)), fields)
    }
  })
})

describe("decoder", () => {
  const refused = {
    "an index of 0": "80",
    "an index that no table has": "be",
    "the name of an entry that no table has": "7f00 00",
    "an integer above the limit": "ff80 8080 8080 01",
    "an integer that is cut": "ff80",
    "a name that is cut": "0005 61",
    "a value that is missing": "0001 61",
    "a value that is cut": "0001 6105 61",
    "a string that is not in Huffman's code": "0084 ffff ffff",
    "a table size above the limit": "3fe2 1f",
    "a table size after a field": "8220"
  }
  for (const [name, hex] of Object.entries(refused)) {
    it(`refuses ${name}`, () => {
      assert.throws(() => decode(decoderOf(), bytesOf(hex)), HpackError)
    })
  }

  it("takes a table size of the limit, and several in a row", () => {
    assert.deepStrictEqual(decode(decoderOf(), bytesOf("20 3fe1 1f 82")), [":method", "GET"])
  })

  it("a block that comes again has the same fields, as long as the table stays", () => {
    const decoder = decoderOf()
    const insert = (value: string) => Buffer.concat([bytesOf("4001 6101"), Buffer.from(value)])
    decode(decoder, insert("1"))
    const first = decode(decoder, bytesOf("be"))
    assert.deepStrictEqual(first, ["a", "1"])
    assert.strictEqual(decode(decoder, bytesOf("be")), first)
    decode(decoder, insert("2"))
    assert.deepStrictEqual(decode(decoder, bytesOf("be")), ["a", "2"])
    // inserts each time
    decode(decoder, insert("2"))
    assert.deepStrictEqual(tableOf(decoder), [["a", "2"], ["a", "2"], ["a", "1"]])
    // refers to an entry that the next one drives out
    decode(decoder, bytesOf("be"))
    decode(decoder, bytesOf("20"))
    assert.throws(() => decode(decoder, bytesOf("be")), HpackError)
  })

  it("an entry larger than the table empties it", () => {
    const decoder = decoderOf(64)
    decode(decoder, bytesOf("4001 6101 62"))
    assert.strictEqual(decoder.table.count, 1)
    decode(decoder, Buffer.concat([bytesOf("4001 6140"), Buffer.alloc(64)]))
    assert.strictEqual(decoder.table.count, 0)
    assert.strictEqual(decoder.table.size, 0)
  })

  it("an entry may have the name of the one that it drives out", () => {
    const decoder = decoderOf(70)
    decode(decoder, bytesOf("4001 6101 62"))
    decode(decoder, Buffer.concat([bytesOf("7e 14"), Buffer.alloc(20, 0x63)]))
    assert.deepStrictEqual(tableOf(decoder), [["a", "c".repeat(20)]])
  })

  it("keeps its table right over many entries of every size", () => {
    const random = Random.make(3)
    const decoder = decoderOf()
    const model: Array<readonly [string, string]> = []
    const size = () => model.reduce((sum, [name, value]) => sum + sizeOf([name, value]), 0)
    for (let i = 0; i < 3000; i++) {
      const entry = [`n${i % 7}`, "v".repeat(random.below(random.oneOf(2, 120)))] as const
      const literal = [entry[0], entry[1]].map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]))
      decode(decoder, Buffer.concat([Buffer.from([0x40]), ...literal]))
      model.unshift(entry)
      while (size() > 4096) model.pop()
      assert.deepStrictEqual(tableOf(decoder), model)
    }
  })

  // a few bytes that stand for megabytes (CVE-2016-1544, CVE-2016-6581)
  it("a list larger than allowed is no list, and its table stays right", () => {
    const decoder = decoderOf(4096, 10_000)
    decode(decoder, Buffer.concat([bytesOf("4001 787f b11d"), Buffer.alloc(3888, 0x61)]))
    assert.strictEqual(decoder.table.count, 1)
    const bomb = Buffer.concat([Buffer.alloc(60_000, 0xbe), bytesOf("4001 6101 62")])
    assert.isUndefined(decode(decoder, bomb))
    assert.strictEqual(decoder.table.name(1), "a")
    assert.deepStrictEqual(decode(decoder, bytesOf("be")), ["a", "b"])
  })

  it("takes whatever bytes: fields or an HpackError, and never more than the limits", () => {
    const random = Random.make(11)
    const blocks = examples.flatMap(({ blocks }) => blocks.map(({ hex }) => bytesOf(hex)))
    const [some = Buffer.alloc(0), ...others] = blocks
    let understood = 0
    let refused = 0
    for (let i = 0; i < 20_000; i++) {
      const decoder = decoderOf(256, 500)
      for (let n = 0; n < 3; n++) {
        const block = random.below(2) === 0
          ? random.bytes(random.below(60))
          : Buffer.from(random.oneOf(some, ...others))
        if (block.length > 0 && random.below(2) === 0) block[random.below(block.length)] = random.below(256)
        try {
          const fields = decode(decoder, block)
          if (fields !== undefined) assert.isAtMost(sizeOf(fields), 500)
          understood++
        } catch (error) {
          assert.instanceOf(error, HpackError)
          refused++
          break
        }
        assert.isAtMost(decoder.table.size, 256)
      }
    }
    assert.isAbove(understood, 5000)
    assert.isAbove(refused, 5000)
  })
})
