import { describe, expect, it } from '@jest/globals';
import { hasVisibleText } from './has-visible-text.ts';

describe('a text that must say something', () => {
  it.each([
    ['nothing', ''],
    ['spaces', ' \t\n\u00a0\u2003\u3000'],
    ['zero-width characters', '\u200b\u200c\u200d\u2060\ufeff'],
    ['a soft hyphen', '\u00ad'],
    ['bidirectional marks', '\u200e\u202e\u2066\u2069\u061c'],
    ['controls', '\u0000\u001b\u007f\u0085'],
    ['separators', '\u2028\u2029'],
    ['Hangul fillers', '\u3164\uffa0\u115f\u1160'],
    ['a blank of Braille', '\u2800'],
    ['tags and variation selectors', '\u{e0041}\u{e0100}\ufe0f'],
    ['a lone combining mark', '\u0301'],
    ['half a surrogate pair', '\ud800'],
  ])('does not with %s', (_what, text) => {
    expect(hasVisibleText(text)).toBe(false);
    expect(hasVisibleText(`${text}INC-7${text}`)).toBe(true);
  });

  it.each(['a', '7', '-', '💥', '事故', 'نعم', '\u200bx'])('does with %j', (text) => {
    expect(hasVisibleText(text)).toBe(true);
  });
});
