import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { forTerminal, jsonForTerminal } from './for-terminal.ts';
import { table } from './table.ts';

/** Any character; fast-check would first make a table of all of them for itself. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const commands = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

describe('text on a terminal', () => {
  it('never contains a control character, a direction mark or a line break', () => {
    fc.assert(
      fc.property(fc.string({ unit: character }), (text) => {
        expect(forTerminal(text)).not.toMatch(commands);
      }),
    );
  });

  it('shows unsafe characters as escapes', () => {
    expect(forTerminal('a\u001b[31mb\r\nc\u202ed\u009be')).toBe('a\\x1b[31mb\\x0d\\x0ac\\u202ed\\x9be');
    expect(forTerminal('Zoë 東京 🚀')).toBe('Zoë 東京 🚀');
  });

  it('is the same data as JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = jsonForTerminal(value, 2);
        expect(text.replaceAll('\n', '')).not.toMatch(commands);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('stays on one line per row in a table', () => {
    expect(
      table(
        ['A', 'B'],
        [
          ['x\ny', 'z'],
          ['', 'w'],
        ],
      ),
    ).toBe('A       B\nx\\x0ay  z\n        w\n');
  });
});
