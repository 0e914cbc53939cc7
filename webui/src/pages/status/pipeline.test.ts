import { describe, expect, it } from 'vitest';
import type { Status } from '~/api/types.ts';
import { stateOf, stepOf, worstOf } from './pipeline.ts';

type Problem = Status['problems'][number];

const problem = (code: string, severity: 'error' | 'warning' = 'error'): Problem =>
  ({ code, severity, message: '', since: null, parameters: {} }) as Problem;

const status = (connected: boolean): Status => ({ ingestd: { queue: { connected } } }) as unknown as Status;

describe('a step of the pipeline', () => {
  it('is good while nothing is said of it', () => {
    for (const step of ['cpa', 'queue', 'inbox', 'database', 'page'] as const)
      expect(stateOf(step, status(true), [problem('unpriced_models', 'warning')], 'collecting')).toBe('good');
  });

  it('is as bad as the worst that is said of it', () => {
    const problems = [problem('behind', 'warning'), problem('disk_full'), problem('wal_large', 'warning')];
    expect(stateOf('inbox', status(true), problems, 'collecting')).toBe('warn');
    expect(stateOf('database', status(true), problems, 'collecting')).toBe('bad');
    expect(worstOf(problems, 'database')?.code).toBe('disk_full');
    expect(worstOf(problems, 'cpa')).toBeNull();
  });

  it('is unknown behind one that failed, and while nobody collects', () => {
    const refused = [problem('wrong_key')];
    expect(stateOf('cpa', status(false), refused, 'collecting')).toBe('bad');
    expect(stateOf('queue', status(false), refused, 'collecting')).toBe('unknown');
    expect(stateOf('cpa', status(true), [], 'stopped')).toBe('unknown');
    expect(stateOf('database', status(true), [], 'stopped')).toBe('good');
  });

  it('is none for what concerns the installation', () => {
    expect(stepOf(problem('open_to_network', 'warning'))).toBeNull();
  });
});
