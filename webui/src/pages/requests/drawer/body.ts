/** An error body or payload as people can read it. */

const INDENT = 2;

export interface Readable {
  readonly text: string;
  readonly json: boolean;
}

/** JSON is laid out, also where it stands behind `data: ` as streams send it; anything else stays as it is. */
export function readable(body: string): Readable {
  const text = body.trim();
  const inner = text.startsWith('data:') && !text.includes('\n') ? text.slice(5).trim() : text;
  if (!/^[[{]/.test(inner)) return { text, json: false };
  try {
    return { text: JSON.stringify(JSON.parse(inner), null, INDENT), json: true };
  } catch {
    // Cut off in the middle, as long bodies are: shown as it came.
    return { text, json: false };
  }
}

export function laidOut(value: unknown): string {
  return JSON.stringify(value, null, INDENT);
}
