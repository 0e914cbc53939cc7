import { expect, test } from 'vitest';
import { csv, fileName } from './csv.ts';

test('cells with separators, quotes and line ends are quoted', () => {
  expect(
    csv(
      ['a', 'b'],
      [
        ['x,y', 'say "hi"'],
        ['two\nlines', null],
      ],
    ),
  ).toBe('\uFEFFa,b\r\n"x,y","say ""hi"""\r\n"two\nlines",\r\n');
});

test('a name that a spreadsheet would run as a formula is defused, a negative number is not', () => {
  expect(csv(['m'], [['=HYPERLINK("x")'], [-5]])).toBe('\uFEFFm\r\n"\'=HYPERLINK(""x"")"\r\n-5\r\n');
});

test.each([' =1+1', '＝1+1', '＋1', '－1', '＠SUM(1)', '\u200B=1', '\tx', '\nx'])(
  'nor is %j run, behind a space or of full width',
  (name) => {
    expect(csv(['m'], [[name]])).toContain(`'${name}`);
  },
);

test('a file is named after what it holds', () => {
  expect(fileName('Cost by model', '2026-11-18T00:00:00+08:00', '2026-11-25T00:00:00+08:00', 'csv')).toBe(
    'cost-by-model_2026-11-18_2026-11-25.csv',
  );
  expect(fileName('按模型的费用', '2026-11-18', '2026-11-25', 'png')).toBe(
    '按模型的费用_2026-11-18_2026-11-25.png',
  );
  expect(fileName('…', '2026-11-18', '2026-11-25', 'png')).toBe('chart_2026-11-18_2026-11-25.png');
});
