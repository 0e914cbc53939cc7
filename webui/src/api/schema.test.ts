import { readFileSync } from 'node:fs';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { expect, it } from 'vitest';

const at = (name: string): URL => new URL(name, import.meta.url);

it('the types of the answers are those of the OpenAPI document', async () => {
  const document = JSON.parse(readFileSync(at('../../openapi.json'), 'utf8'));
  const generated = COMMENT_HEADER + astToString(await openapiTS(document));
  expect(readFileSync(at('./schema.d.ts'), 'utf8'), 'run `npm run types`').toBe(generated);
});
