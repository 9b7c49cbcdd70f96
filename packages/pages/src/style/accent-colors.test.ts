import { describe, expect, it } from '@jest/globals';
import { accentColors } from './accent-colors.ts';
import { pageStyle } from './page-style.ts';

const channels = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
/** WCAG 2.2: relative luminance and contrast, written apart from the code. */
function luminance(hex: string): number {
  const [r, g, b] = channels(hex).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
const contrast = (one: string, other: string) => {
  const [a, b] = [luminance(one) + 0.05, luminance(other) + 0.05];
  return Math.max(a, b) / Math.min(a, b);
};
const valueOf = (style: string, name: string) =>
  [...style.matchAll(new RegExp(`--${name}:(#[0-9a-f]+)`, 'g'))].map(([, hex]) =>
    hex!.length === 4 ? `#${hex![1]!.repeat(2)}${hex![2]!.repeat(2)}${hex![3]!.repeat(2)}` : hex!,
  );

describe('the colors of an accent', () => {
  it('keep an accent that is readable', () => {
    expect(accentColors('#2457d6').light.act).toBe('#2457d6');
    expect(accentColors('#8ab').dark.act).toBe('#88aabb');
  });

  it('have a contrast of 4.5:1 with the page and with the text on a button, whatever the accent is', () => {
    for (let step = 0; step < 4096; step += 7) {
      const accent = `#${step.toString(16).padStart(3, '0')}`;
      const style = pageStyle(accent);
      const [paper, card, act, over, on] = ['paper', 'card', 'act', 'over', 'act-on'].map((name) =>
        valueOf(style, name),
      );
      for (const mode of [0, 1]) {
        for (const [one, other] of [
          [act, paper],
          [act, card],
          [over, card],
          [over, paper],
          [on, act],
          [on, over],
        ])
          expect([accent, mode, contrast(one![mode]!, other![mode]!) >= 4.5]).toEqual([accent, mode, true]);
      }
    }
  });
});
