/**
 * The Huffman code of HPACK (RFC 7541, 5.2 and appendix B).
 */

/** Bits of the code of each octet, and of EOS. The code is canonical, so that the lengths define it. */
const lengths = Uint8Array.from(
  (
    "13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28 " +
    "6 10 10 12 13 6 8 11 10 10 8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10 " +
    "13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6 " +
    "15 5 6 5 6 5 6 6 6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28 " +
    "20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22 23 22 23 23 24 " +
    "22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23 " +
    "26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27 " +
    "20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26 " +
    "30"
  ).split(" ").map(Number)
)

const EOS = 256

const lengthOf = (symbol: number): number => lengths[symbol] ?? 0

/** The code of each symbol. Codes of one length count up in the order of their symbols. */
const codes = (() => {
  const codes = new Uint32Array(EOS + 1)
  let code = 0
  for (let length = 5; length <= 30; length++) {
    for (let symbol = 0; symbol <= EOS; symbol++) if (lengthOf(symbol) === length) codes[symbol] = code++
    code *= 2
  }
  return codes
})()

/** The shortest code has 5 bits, so that a string is at most this many times its code. */
const expansion = 8 / 5

// -----------------------------------------------------------------------------
// Decoding
// -----------------------------------------------------------------------------

/** No octet comes out of a step. */
const NONE = -1

/** The code is wrong: it contains EOS. */
const FAIL = 0xffff

/**
 * A state machine that takes four bits at a step. A state is a node inside the tree of codes. `steps` has the next state
 * and `octets` what comes out, for each state and its 16 possible bits: one octet at most, as codes have five bits or more.
 */
const steps = new Uint16Array((EOS + 1) * 16)
const octets = new Int16Array((EOS + 1) * 16).fill(NONE)

/** Whether a string may end in a state: its last bits are padding, up to 7 bits of EOS, which are ones. */
const isEnd = new Uint8Array(EOS + 1)

const buildMachine = () => {
  // the children of each node: another node, or a symbol as -1 - symbol; 0 is the root, nobody's child
  const zeros: Array<number> = [0]
  const ones: Array<number> = [0]
  for (let symbol = 0; symbol <= EOS; symbol++) {
    let node = 0
    for (let bit = lengthOf(symbol) - 1; bit >= 0; bit--) {
      const side = ((codes[symbol] ?? 0) >>> bit) & 1 ? ones : zeros
      if (bit === 0) {
        side[node] = -1 - symbol
        continue
      }
      if (side[node] === 0) {
        side[node] = zeros.length
        zeros.push(0)
        ones.push(0)
      }
      node = side[node] ?? 0
    }
  }
  for (let node = 0, padding = 0; padding <= 7; padding++) {
    isEnd[node] = 1
    node = ones[node] ?? 0
  }
  for (let state = 0; state < zeros.length; state++) {
    for (let bits = 0; bits < 16; bits++) {
      let node = state
      let octet = NONE
      for (let bit = 3; bit >= 0 && node !== FAIL; bit--) {
        const child = ((bits >>> bit) & 1 ? ones : zeros)[node] ?? 0
        if (child >= 0) {
          node = child
        } else if (child === -1 - EOS) {
          node = FAIL
        } else {
          octet = -1 - child
          node = 0
        }
      }
      steps[state * 16 + bits] = node
      octets[state * 16 + bits] = octet
    }
  }
}
buildMachine()

/** Where strings are decoded; longer ones get a buffer of their own. */
const scratch = Buffer.allocUnsafe(16_384)

/** Decodes a string, each of its octets a character; `undefined` if the code is wrong. */
export const decode = (from: Uint8Array, start: number, end: number): string | undefined => {
  const most = Math.ceil((end - start) * expansion)
  const into = most <= scratch.length ? scratch : Buffer.allocUnsafe(most)
  let state = 0
  let length = 0
  for (let i = start; i < end; i++) {
    const byte = from[i] ?? 0
    for (let bits = byte >>> 4, half = 0; half < 2; bits = byte & 15, half++) {
      const step = state * 16 + bits
      const octet = octets[step] ?? NONE
      if (octet !== NONE) into[length++] = octet
      state = steps[step] ?? FAIL
      if (state === FAIL) return undefined
    }
  }
  return isEnd[state] === 1 ? into.toString("latin1", 0, length) : undefined
}

// -----------------------------------------------------------------------------
// Encoding
// -----------------------------------------------------------------------------

/** How many bytes `encode` writes. */
export const encodedLength = (text: string): number => {
  let bits = 0
  for (let i = 0; i < text.length; i++) bits += lengthOf(text.charCodeAt(i))
  return Math.ceil(bits / 8)
}

/** Writes a string whose characters are octets; returns where it ends. */
export const encode = (text: string, into: Uint8Array, at: number): number => {
  // fewer than 8 bits wait, and a code has 30 at most: 38 are too many for the operators of 32 bits
  let waiting = 0
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i)
    count += lengthOf(symbol)
    waiting = waiting * 2 ** lengthOf(symbol) + (codes[symbol] ?? 0)
    while (count >= 8) {
      count -= 8
      const octet = Math.floor(waiting / 2 ** count)
      into[at++] = octet
      waiting -= octet * 2 ** count
    }
  }
  if (count > 0) into[at++] = (waiting << (8 - count)) | (0xff >>> count)
  return at
}
