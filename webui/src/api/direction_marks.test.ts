import { expect, test } from 'vitest';
import { parsedWithoutMarks } from './direction_marks.ts';

test('a mark cannot turn a name round, and ids go back as they came', () => {
  const row = { id: 'model\u202egnp.exe', label: 'model\u202egnp.exe', client: '\u2067x\u2069', tokens: 3 };
  expect(parsedWithoutMarks(JSON.stringify({ rows: [row] }))).toEqual({
    rows: [{ id: 'model\u202egnp.exe', label: 'model\ufffdgnp.exe', client: '\ufffdx\ufffd', tokens: 3 }],
  });
});

test('marks that are written as escapes are marks all the same', () => {
  expect(parsedWithoutMarks('{"label":"a\\u202eb"}')).toEqual({ label: 'a\ufffdb' });
});

test('names in scripts from right to left are left alone', () => {
  expect(parsedWithoutMarks('{"label":"نموذج"}')).toEqual({ label: 'نموذج' });
});
