import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAltNames } from './read-certificate.ts';

/** Any character. The arbitrary of fast-check would first build a table of all of them. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

describe('splitting alternative names', () => {
  it('separates kinds, and omits those that policies do not use', () => {
    expect(
      parseAltNames(
        'DNS:a.example, email:x@a.example, URI:https://a.example/x, IP Address:10.0.0.1, DirName:"CN = x, DNS:evil", DNS:b.example',
      ),
    ).toEqual({ dns: ['a.example', 'b.example'], email: ['x@a.example'], uri: ['https://a.example/x'] });
    expect(parseAltNames(undefined)).toEqual({ dns: [], email: [], uri: [] });
    expect(parseAltNames('')).toEqual({ dns: [], email: [], uri: [] });
  });

  it('does not find a name inside another one', () => {
    expect(parseAltNames('URI:"http://a/\\u002c DNS:evil", DNS:"\\"\\u002c DNS:evil"')).toEqual({
      dns: ['", DNS:evil'],
      email: [],
      uri: ['http://a/, DNS:evil'],
    });
    expect(parseAltNames('URI:"unfinished, DNS:evil')).toEqual({ dns: [], email: [], uri: [] });
  });

  it('parses any quoted names', () => {
    const names = fc.array(fc.string({ unit: character, maxLength: 20 }), { maxLength: 4 });
    fc.assert(
      fc.property(names, (all) => {
        expect(parseAltNames(all.map((name) => `DNS:${JSON.stringify(name)}`).join(', ')).dns).toEqual(all);
      }),
    );
    fc.assert(fc.property(fc.string({ unit: character }), (text) => parseAltNames(text) !== undefined));
  });
});
