/**
 * How every number, sum, duration and moment of the dashboard is written; there is no second way. All of it follows the
 * language and the server's zone, and is reactive to them.
 *
 *     compact(1_240_000_000)  '1.24B'        exact(1234567)      '1,234,567'
 *     money(412_800_000_000)  '$412.80'      moneyExact(31_200)  '$0.0000312'
 *     percent(0.714)          '71.4%'       share(0.003)        '<1%'
 *     duration(18_000)        '18 s'         relative(at, now.ms) '4s ago'
 *     change(now, before, 'more_is_bad')     { text: '31%', direction: 'up', tone: 'bad' }
 */
export * from './changes.ts';
export * from './durations.ts';
export * from './money.ts';
export { now } from './now.svelte.ts';
export * from './numbers.ts';
export { offsetMark } from './repeated.ts';
export * from './times.ts';
