/**
 * Lint: what a public module shows has a docstring.
 *
 * - The module: a description, one `@since`.
 * - An export: a description, one `@category`, one `@since`. A re-export has them where it is declared.
 * - A field or method in the type of an export (of an interface, of a class, in place): a description. Not where others
 *   say what it is: `override`, computed keys (`[Equal.symbol]`), `toString`, `toJSON`.
 *
 * `@internal` lets off.
 */
import type { RuleTester } from "oxlint/plugins-dev"

type Rule = Exclude<Parameters<RuleTester["run"]>[1], { readonly createOnce: unknown }>
type SourceCode = Parameters<Rule["create"]>[0]["sourceCode"]
type Node = Parameters<SourceCode["getCommentsBefore"]>[0]
type Comment = ReturnType<SourceCode["getCommentsBefore"]>[number]
type Tags = ReadonlyArray<"category" | "since">

/** How each tag is written. */
const tag = { category: /^@category [a-z]+$/, since: /^@since \d+\.\d+\.\d+$/ }

const members = "ExportNamedDeclaration" +
  " :matches(TSPropertySignature, TSMethodSignature, PropertyDefinition, MethodDefinition)" +
  ":not([computed=true], [override=true], [key.type=PrivateIdentifier], [key.name=/^to(String|JSON)$/])" +
  ":not(BlockStatement *)" // what the body of a function declares is its own affair

/** The lines of a docstring, without the code in it. */
const linesOf = (comment: Comment | undefined): ReadonlyArray<string> | undefined =>
  comment?.type === "Block" && comment.value.startsWith("*")
    ? comment.value.slice(1).replace(/^[ \t]*\* ?/gm, "").replace(/^```[^]*?^```$/gm, "").trim().split("\n")
    : undefined

const missing = (comment: Comment | undefined, tags: Tags): ReadonlyArray<string> => {
  const lines = linesOf(comment)
  if (lines === undefined) return ["a docstring"]
  if (lines.includes("@internal")) return []
  const described = lines[0] !== "" && !lines[0]?.startsWith("@")
  const isOne = (name: Tags[number]) => {
    const all = lines.filter((line) => line.startsWith(`@${name}`))
    return all.length === 1 && all.every((line) => tag[name].test(line))
  }
  return [...described ? [] : ["a description"], ...tags.filter((name) => !isOne(name)).map((name) => `one @${name}`)]
}

const docstrings: Rule = {
  create: ({ report, sourceCode }) => {
    const check = (node: Node, comment: Comment | undefined, tags: Tags) => {
      const lacking = missing(comment, tags)
      if (lacking.length > 0) report({ node, message: `Lacks ${lacking.join(", ")}` })
    }
    const before = (node: Node) => sourceCode.getCommentsBefore(node)
    return {
      Program: (program) => {
        const [first] = program.body
        if (first !== undefined) check(first, before(first)[0], ["since"])
      },
      "ExportNamedDeclaration[source=null]": (node: Node) => check(node, before(node).at(-1), ["category", "since"]),
      ExportDefaultDeclaration: (node) => check(node, before(node).at(-1), ["category", "since"]),
      [members]: (node: Node) => check(node, before(node).at(-1), [])
    }
  }
}

export default { meta: { name: "cloud-messaging" }, rules: { docstrings } }
