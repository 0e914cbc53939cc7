import { expect, it } from 'vitest';
import { listThings, neighbourOf } from './list.svelte.ts';
import { thingOf, thingText } from './thing.ts';

it('an address names a thing, whatever is in its name', () => {
  for (const id of ['4', 'gpt-5.4', 'a:b:c', '模型 1'])
    expect(thingOf(thingText('model', id))).toEqual({ dimension: 'model', id });
});

it('what is no thing opens nothing', () => {
  for (const text of ['', '4', ':4', 'model:', 'models:4']) expect(thingOf(text)).toBeNull();
});

it('the list of the page leads from one to the next until the page is left', () => {
  const leave = listThings(() => ['api_key:1', 'api_key:2']);
  expect(neighbourOf('api_key:1', 1)).toBe('api_key:2');
  expect(neighbourOf('api_key:1', -1)).toBeNull();
  expect(neighbourOf('model:x', 1)).toBeNull();
  const other = listThings(() => ['api_key:2', 'api_key:1']);
  leave();
  expect(neighbourOf('api_key:2', 1)).toBe('api_key:1');
  other();
  expect(neighbourOf('api_key:2', 1)).toBeNull();
});
