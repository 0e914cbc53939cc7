import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_VIEW, patched, type View } from './state.ts';
import { followAddress, view } from './view.svelte.ts';

const LOG: View = {
  ...DEFAULT_VIEW,
  page: 'requests',
  range: { preset: '24h' },
  filters: [{ dimension: 'model', negated: false, values: ['a'] }],
  bounds: { min_latency_ms: 1 },
  q: 'text',
  sort: '-cost_nanos',
  open: '1-abc',
};

describe('a change of view', () => {
  it('keeps range, comparison and filters from page to page, and drops what belongs to one', () => {
    expect(patched(LOG, { page: 'overview' })).toEqual({
      ...DEFAULT_VIEW,
      range: LOG.range,
      filters: LOG.filters,
    });
  });

  it('keeps what it names itself', () => {
    expect(patched(DEFAULT_VIEW, { page: 'requests', sort: '-latency_ms' })).toMatchObject({
      page: 'requests',
      sort: '-latency_ms',
    });
  });

  it('drops nothing while one stays on the page', () => {
    expect(patched(LOG, { page: 'requests', open: null })).toEqual({ ...LOG, open: null });
  });
});

/** A window with a history, as far as addresses need one. */
class Address {
  entries: string[];
  states: unknown[] = [null];
  at = 0;
  listeners: (() => void)[] = [];

  constructor(start: string) {
    this.entries = [start];
  }

  get url(): URL {
    return new URL(this.entries[this.at] ?? '', 'http://keeper.test');
  }

  push(address: string, state: unknown): void {
    this.entries = [...this.entries.slice(0, this.at + 1), address];
    this.states = [...this.states.slice(0, this.at + 1), state];
    this.at += 1;
  }

  replace(address: string): void {
    this.entries[this.at] = address;
  }

  back(): void {
    this.at -= 1;
    for (const listener of this.listeners) listener();
  }
}

let address: Address;
let stop: () => void;

function open(start: string, defaults = {}): void {
  address = new Address(start);
  vi.stubGlobal('window', {
    get location() {
      return address.url;
    },
    history: {
      get state() {
        return address.states[address.at];
      },
      back: () => address.back(),
      pushState: (state: unknown, _: string, to: string) => address.push(to, state),
      replaceState: (_: unknown, __: string, to: string) => address.replace(to),
    },
    addEventListener: (_: string, listener: () => void) => address.listeners.push(listener),
    removeEventListener: () => undefined,
  });
  vi.stubGlobal('document', {
    baseURI: 'http://keeper.test/keeper/',
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  });
  stop = followAddress(defaults);
}

beforeEach(() => open('/keeper/'));

afterEach(() => {
  stop();
  vi.unstubAllGlobals();
});

describe('the view', () => {
  it('follows the address below the base', () => {
    open('/keeper/requests?range=24h&model=!x');
    expect(view.current).toMatchObject({ page: 'requests', range: { preset: '24h' } });
    expect(view.current.filters).toEqual([{ dimension: 'model', negated: true, values: ['x'] }]);
  });

  it('changes the address with every step, and Back undoes one at a time', () => {
    view.goto({ range: { preset: '30d' } });
    view.goto({ compare: 'none' });
    expect(address.entries).toEqual(['/keeper/', '/keeper/?range=30d', '/keeper/?range=30d&compare=none']);
    address.back();
    expect(view.current).toMatchObject({ range: { preset: '30d' }, compare: 'previous' });
    address.back();
    expect(view.current).toEqual(DEFAULT_VIEW);
  });

  it('remembers how a page was looked at while one is on another, but not what it was narrowed by', () => {
    view.goto({ metric: 'tokens', group: 'api_key', sort: '-requests' });
    view.goto({ page: 'requests', q: 'text' });
    expect(view.href({ page: 'overview' })).toBe('/keeper/?group=api_key&metric=tokens');
    view.goto({ page: 'overview' });
    expect(view.current).toMatchObject({ metric: 'tokens', group: 'api_key', sort: null, q: '' });
    expect(view.href({ page: 'requests' })).toBe('/keeper/requests');
  });

  it('closes what was opened by going back, so that Back does not open it again', () => {
    view.goto({ page: 'requests' });
    view.goto({ open: '1-abc' });
    view.goto({ open: '2-abc' }, { replace: true });
    view.leave({ open: null });
    expect([address.at, view.current.open]).toEqual([1, null]);
    expect(address.url.pathname).toBe('/keeper/requests');
  });

  it('closes in place what the address opened', () => {
    open('/keeper/requests?open=1-abc');
    view.leave({ open: null });
    expect([address.entries, view.current.open]).toEqual([['/keeper/requests'], null]);
  });

  it('makes no step of what changes nothing, nor of what says so', () => {
    open('/keeper/requests');
    view.goto({ compare: 'previous' });
    view.goto({ q: 'ty' }, { replace: true });
    view.goto({ q: 'typed' }, { replace: true });
    expect(address.entries).toEqual(['/keeper/requests?q=typed']);
  });

  it('applies the defaults of the person to a bare address only, and writes them down', () => {
    open('/keeper/', { range: { preset: '30d' } });
    expect(address.entries).toEqual(['/keeper/?range=30d']);
    open('/keeper/?compare=none', { range: { preset: '30d' } });
    expect([address.entries, view.current.range]).toEqual([['/keeper/?compare=none'], { preset: '7d' }]);
  });

  it('asks the API with the parameters of the address', () => {
    open('/keeper/?range=24h&api_key=!3&model=%21%5C%21a');
    expect(view.params([['by', 'model']])).toEqual([
      ['range', '24h'],
      ['model', '!\\!a'],
      ['api_key', '!3'],
      ['by', 'model'],
    ]);
  });
});
