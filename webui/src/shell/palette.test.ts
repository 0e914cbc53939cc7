import { beforeAll, describe, expect, it } from 'vitest';
import type { Filters } from '~/api/types.ts';
import { loadMessages } from '~/i18n/index.svelte.ts';
import { chartCsv } from './dialogs.svelte.ts';
import { best, groups, leftOut, withFound } from './palette.ts';

const entry = (label: string, hint?: string) => ({ id: label, label, hint, act: () => undefined });

beforeAll(() => loadMessages('start'));

describe('the palette', () => {
  it('finds entries that hold every word, those that begin with it first', () => {
    const found = best([entry('gpt-5.4'), entry('claude-opus'), entry('opus-mini')], 'opus', 'Model');
    expect(found.map((one) => one.label)).toEqual(['opus-mini', 'claude-opus']);
    expect(best([entry('Dark', 'Theme')], 'theme dark', 'Commands')).toHaveLength(1);
    expect(best([entry('Dark', 'Theme')], 'theme light', 'Commands')).toHaveLength(0);
  });

  it('finds the values of a dimension by its name', () => {
    expect(best([entry('gpt-5.4')], 'model gpt', 'Model')).toHaveLength(1);
  });

  it('knows models, keys and credentials once the server has named them', () => {
    const filters = {
      model: [{ id: 'm', label: 'm', requests: 1 }],
      api_key: [{ id: '3', label: 'team-a', requests: 1 }],
    };
    const titles = groups(filters as unknown as Filters, '').map((group) => group.title);
    expect(titles).toEqual(['Pages', 'Model', 'Key', 'Ranges', 'Chart', 'Commands']);
  });

  it('finds values that were too many to be listed', () => {
    const value = (id: string) => ({ id, label: id, requests: 1 });
    const listed = { model: [value('m-1')], omitted: { model: 1 } } as unknown as Filters;
    const found = { model: [value('m-1'), value('m-2')], omitted: { model: 0 } } as unknown as Filters;
    expect(leftOut(listed)).toBe(1);
    const ids = groups(withFound(listed, found), 'm-').flatMap(({ entries }) => entries.map(({ id }) => id));
    expect(ids.filter((id) => id.startsWith('model'))).toEqual(['model m-1', 'model m-2']);
    expect(withFound(listed, null)).toBe(listed);
  });

  it('knows statuses and results, what the chart measures and groups by, and the link of the view', () => {
    const filters = { status: [{ id: '429' }], result: [{ id: 'failed' }] } as unknown as Filters;
    const ids = (text: string): string[] =>
      groups(filters, text).flatMap((group) => group.entries.map(({ id }) => id));
    expect(ids('429')).toContain('status 429');
    expect(ids('failed')).toContain('result failed');
    expect(ids('tokens')).toContain('metric tokens');
    expect(ids('group')).toContain('group api_key');
    expect(ids('link')).toContain('link');
    expect(ids('csv')).not.toContain('csv');
    const withdraw = chartCsv.register(() => undefined);
    expect(ids('csv')).toContain('csv');
    withdraw();
  });

  it('always offers to search requests for what was typed, and to open one whose id it is', () => {
    const last = (text: string) =>
      groups(null, text)
        .at(-1)
        ?.entries.map((one) => one.label);
    expect(last('rate limit')).toEqual(['Search requests for “rate limit”']);
    expect(last('65f3a1b2c3d4e-0123456789ab')).toEqual([
      'Open request 65f3a1b2c3d4e-0123456789ab',
      'Search requests for “65f3a1b2c3d4e-0123456789ab”',
    ]);
  });
});
