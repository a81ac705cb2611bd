import { describe, it } from "@effect/vitest"
import { RuleTester } from "oxlint/plugins-dev"
import plugin from "../docstrings.ts"

RuleTester.describe = describe
RuleTester.it = it

const moduleDoc = "/**\n * A module.\n *\n * @since 1.0.0\n */\nimport \"a\"\n"
const exportDoc = "/**\n * A thing.\n *\n * @category models\n * @since 1.0.0\n */\n"

const valid = (name: string, code: string) => ({ name, filename: "Module.ts", code: moduleDoc + code })

const invalid = (name: string, code: string, ...messages: ReadonlyArray<string>) => ({
  ...valid(name, code),
  errors: messages.map((message) => ({ message }))
})

new RuleTester().run("docstrings", plugin.rules.docstrings, {
  valid: [
    valid("a constant", `${exportDoc}export const a = 1`),
    valid("what is not exported", "const a = 1\ninterface A { readonly a: string }"),
    valid("a re-export", "export * as B from \"./B.ts\"\nexport { b } from \"./B.ts\"\nexport * from \"./C.ts\""),
    valid("an internal export", "/** @internal */\nexport const a = 1"),
    valid("an annotation in code", `${exportDoc.replace(" *\n", " * ```ts\n * @since\n * ```\n")}export const a = 1`),
    valid("a member", `${exportDoc}export interface A {\n  /** A field. */\n  readonly a: string\n}`),
    valid(
      "what others define",
      `${exportDoc}export class A extends B {
      [Symbol.iterator]() {}
      #a = 1
      override get message() { return "" }
      toString() { return "" }
      toJSON() { return "" }
      /** @internal */
      constructor() {}
    }`
    ),
    valid("types in a body", `${exportDoc}export const a = () => { const b: { c: string } = { c: "" }; return b }`)
  ],
  invalid: [
    {
      name: "no module docstring",
      filename: "Module.ts",
      code: `import "a"\n${exportDoc}export const a = 1`,
      errors: [{ message: "Lacks a docstring" }]
    },
    {
      name: "no @since of a module",
      filename: "Module.ts",
      code: "/** A module. */\nimport \"a\"",
      errors: [{ message: "Lacks one @since" }]
    },
    invalid("no docstring", "export const a = 1", "Lacks a docstring"),
    invalid("a comment that is none", "/* A thing. */\nexport const a = 1", "Lacks a docstring"),
    invalid("no description", `${exportDoc.replace(" * A thing.\n *\n", "")}export const a = 1`, "Lacks a description"),
    invalid("no tags", "/** A thing. */\nexport const a = 1", "Lacks one @category, one @since"),
    invalid(
      "two categories",
      `${exportDoc.replace(" */", " * @category errors\n */")}export type A = 1`,
      "Lacks one @category"
    ),
    invalid("an empty category", `${exportDoc.replace(" models", "")}export type A = 1`, "Lacks one @category"),
    invalid("a @since that is no version", `${exportDoc.replace("1.0.0", "now")}export class A {}`, "Lacks one @since"),
    invalid("an export apart", "const a = 1\nexport { a }", "Lacks a docstring"),
    invalid("a default export", "export default 1", "Lacks a docstring"),
    invalid("each of a pair", `${exportDoc}export interface A {}\nexport const A = 1`, "Lacks a docstring"),
    invalid("a field", `${exportDoc}export interface A { readonly a: string }`, "Lacks a docstring"),
    invalid(
      "a field with a default alone",
      `${exportDoc}export interface A {\n  /** @default 1 */\n  readonly a?: 1\n}`,
      "Lacks a description"
    ),
    invalid(
      "a field of options in place",
      `${exportDoc}export const a = (options: { b: string }) => options`,
      "Lacks a docstring"
    ),
    invalid(
      "a field of what a class extends",
      `${exportDoc}export class A extends B("A")<{ readonly a: 1 }> {}`,
      "Lacks a docstring"
    ),
    invalid(
      "a getter and a method",
      `${exportDoc}export class A {\n  get a() { return 1 }\n  b() {}\n}`,
      "Lacks a docstring",
      "Lacks a docstring"
    )
  ]
})
