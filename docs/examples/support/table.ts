/** A table in plain text: numbers to the right, the rest to the left. */
export type Cell = string | number

export const format = (header: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<Cell>>): string => {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => String(row[i] ?? "").length)))
  const line = (cells: ReadonlyArray<Cell>) =>
    cells.map((cell, i) =>
      typeof cell === "number" ? String(cell).padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)
    ).join("  ").trimEnd()
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}
