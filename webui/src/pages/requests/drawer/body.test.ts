import { describe, expect, it } from 'vitest';
import { readable } from './body.ts';

describe('readable', () => {
  it('lays out JSON', () => {
    expect(readable('{"error":{"type":"overloaded"}}')).toEqual({
      text: '{\n  "error": {\n    "type": "overloaded"\n  }\n}',
      json: true,
    });
  });

  it('lays out JSON that a stream sent', () => {
    expect(readable('data: {"a":1}').text).toBe('{\n  "a": 1\n}');
  });

  it('leaves text, pages and cut JSON as they are', () => {
    for (const body of ['upstream connect error', '<html></html>', '{"error":{"mess', 'data: a\ndata: b'])
      expect(readable(` ${body}\n`)).toEqual({ text: body, json: false });
  });
});
