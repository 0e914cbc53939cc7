/** Comma separated values of a chart or table, as RFC 4180 has them. */

export type Cell = string | number | null;

/** As queryd's CSV has it: spreadsheets skip space before a formula, and take full-width signs, too. */
const FORMULA = /^(?:[\t\r\n]|[\s\u200B\u2060\uFEFF]*[=+\-@＝＋－＠])/u;

/**
 * A cell that a spreadsheet would run as a formula gets an apostrophe in front: names of models and
 * clients come from whoever sends requests. Numbers are written by us and stay as they are.
 */
function written(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Text with a byte order mark, without which spreadsheets read Chinese names wrongly. */
export function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return `\uFEFF${[header, ...rows].map((row) => row.map(written).join(',')).join('\r\n')}\r\n`;
}

/** A file name of what was exported: `cost-by-model_2026-11-18_2026-11-25.csv`. */
export function fileName(title: string, from: string, to: string, extension: string): string {
  const words = title
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
  return `${words || 'chart'}_${from.slice(0, 10)}_${to.slice(0, 10)}.${extension}`;
}

/** Hands a file to the browser. */
export function download(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The click starts the download in this task; the address may go once the browser has read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
