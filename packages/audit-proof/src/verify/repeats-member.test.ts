import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { repeatsMember } from './repeats-member.ts';

describe('a repeated member', () => {
  it.each(['{"a":1,"a":2}', '{"b":[{"a":1, "a" : 2}]}', '{"a":1,"\\u0061":2}', '{"a":{"a":1},"a":2}', '[{"":1,"":2}]'])(
    'is found in %p',
    (text) => expect(repeatsMember(text)).toBe(true),
  );
  it.each(['{"a":"a","b":"a"}', '{"a":{"a":{"a":1}}}', '[{"a":1},{"a":2}]', '{"a":"\\",\\"a\\":1"}', '"{}"', '{}'])(
    'is not found in %p',
    (text) => expect(repeatsMember(text)).toBe(false),
  );
  it('is never found in what JSON.stringify writes', () => {
    fc.assert(fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => !repeatsMember(JSON.stringify(value))));
  });
});
