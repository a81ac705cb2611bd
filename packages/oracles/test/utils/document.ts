/** `docs/wire.md`, which lists what the tests hold. */
import * as Fs from "node:fs"
import * as Path from "node:path"

const document = Fs.readFileSync(Path.resolve(import.meta.dirname, "../../../../docs/wire.md"), "utf8")

/** The rows of the table under a heading, cell by cell. */
export const rowsOf = (heading: string): ReadonlyArray<ReadonlyArray<string>> => {
  const [, rest = ""] = document.split(`\n${heading}\n`)
  const [section = ""] = rest.split(/\n#+ /)
  return section.split("\n").filter((line) => line.startsWith("|")).slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
}

/** The names in a cell, each in back quotes. */
export const names = (cell: string | undefined): Array<string> =>
  Array.from(cell?.matchAll(/`([^`]+)`/g) ?? [], ([, name = ""]) => name)

/** The names in the first cells of a table. */
export const namesIn = (heading: string): Array<string> => rowsOf(heading).flatMap(([cell]) => names(cell))
