/**
 * Marks in a text that turn the direction of what follows: with them `model‹›gnp.exe` reads `modelexe.png`. What people
 * read is given a sign in their place; ids, which go back to the API, keep them.
 */
const MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const ALL_MARKS = new RegExp(MARKS, 'g');
/** What an answer says for people to read. */
const READ = new Set([
  'label',
  'client',
  'alias',
  'endpoint',
  'provider',
  'account',
  'error_message',
  'user_agent',
]);

/** A JSON text as a value. Answers without such marks, which is nearly all, are parsed as they are. */
export function parsedWithoutMarks(body: string): unknown {
  if (!MARKS.test(body) && !body.includes('\\u')) return JSON.parse(body);
  return JSON.parse(body, (key, value: unknown) =>
    typeof value === 'string' && READ.has(key) ? value.replace(ALL_MARKS, '\ufffd') : value,
  );
}
