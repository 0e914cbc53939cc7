/** The closed sets of the dashboard are those of the API. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import english from '~/i18n/messages.en.ts';
import { SORTS } from '~/pages/overview/questions.ts';
import { COMPARISONS, DIMENSIONS, GRANULARITIES, PRESETS } from './types.ts';

interface Parameter {
  readonly name?: string;
  readonly schema: {
    readonly enum?: readonly string[];
    readonly anyOf?: readonly { readonly enum?: readonly string[] }[];
  };
}
interface Document {
  readonly paths: Readonly<Record<string, { readonly get: { readonly parameters: readonly Parameter[] } }>>;
  readonly components: {
    readonly schemas: Readonly<
      Record<string, { readonly properties: Readonly<Record<string, { readonly enum?: readonly string[] }>> }>
    >;
  };
}
const at = (name: string): URL => new URL(name, import.meta.url);
const api = JSON.parse(readFileSync(at('../../openapi.json'), 'utf8')) as Document;

function parameter(path: string, name: string): readonly string[] {
  const found = api.paths[path]?.get.parameters.find((one) => one.name === name);
  return found?.schema.enum ?? found?.schema.anyOf?.[0]?.enum ?? [];
}

it('ranges, comparisons, granularities and dimensions are those of the API, all of them', () => {
  expect([...PRESETS]).toEqual(parameter('/summary', 'range'));
  expect([...COMPARISONS].sort()).toEqual([...parameter('/summary', 'compare')].sort());
  // The page has some between the API's, which it puts together itself.
  expect(GRANULARITIES).toEqual(expect.arrayContaining([...parameter('/timeseries', 'granularity')]));
  expect([...DIMENSIONS]).toEqual(parameter('/timeseries', 'group_by'));
  expect([...DIMENSIONS]).toEqual(parameter('/breakdown', 'by'));
  const filters = api.paths['/filters']?.get.parameters.map((one) => one.name) ?? [];
  for (const dimension of DIMENSIONS) expect(filters).toContain(dimension);
});

it('what the table sorts by the API sorts by', () => {
  for (const sort of SORTS) expect(parameter('/breakdown', 'sort')).toContain(`-${sort}`);
});

it('every problem that the API names has a title and a sentence', () => {
  const codes = api.components.schemas['Problem']?.properties['code']?.enum ?? [];
  const missing = codes.flatMap((code) =>
    [`trouble.${code}`, `trouble.${code}.text`].filter((key) => !Object.hasOwn(english, key)),
  );
  expect(missing).toEqual([]);
});
