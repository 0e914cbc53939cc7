import { expect, test } from 'vitest';
import { bands, bucketAt, dragged, left, middle, stepped } from './bands.ts';

test('bars never touch the neighbouring band and are never invisible', () => {
  for (const count of [1, 7, 24, 168, 720, 5_000]) {
    const band = bands(count, 1_000);
    expect(band.bar).toBeGreaterThanOrEqual(0.5);
    expect(left(band, count - 1) + band.bar).toBeLessThanOrEqual(1_000 + band.bar);
  }
});

test('a single bucket does not become a wall', () => {
  const band = bands(1, 1_000);
  expect(band.bar).toBe(56);
  expect(left(band, 0) + band.bar / 2).toBe(middle(band, 0));
});

test('every pixel of the plot belongs to a bucket, and none outside it', () => {
  const band = bands(7, 700);
  expect(bucketAt(band, 0)).toBe(0);
  expect(bucketAt(band, 99.9)).toBe(0);
  expect(bucketAt(band, 700)).toBe(6);
  expect(bucketAt(band, -1)).toBeNull();
  expect(bucketAt(band, 701)).toBeNull();
  expect(bucketAt(bands(0, 700), 5)).toBeNull();
});

test('a drag selects whole buckets in either direction and may leave the plot', () => {
  const band = bands(7, 700);
  expect(dragged(band, 150, 350)).toEqual([1, 3]);
  expect(dragged(band, 350, 150)).toEqual([1, 3]);
  expect(dragged(band, 650, 2_000)).toEqual([6, 6]);
  expect(dragged(band, 100, 104)).toBeNull();
});

test('keys move by one, by a page and to the ends, and start at the newest bucket', () => {
  expect(stepped(10, null, 'ArrowLeft')).toBe(9);
  expect(stepped(10, 9, 'ArrowRight')).toBe(9);
  expect(stepped(10, 0, 'ArrowLeft')).toBe(0);
  expect(stepped(10, 9, 'PageDown')).toBe(2);
  expect(stepped(10, 5, 'Home')).toBe(0);
  expect(stepped(10, 5, 'End')).toBe(9);
  expect(stepped(10, 5, 'a')).toBeNull();
  expect(stepped(0, null, 'End')).toBeNull();
});
