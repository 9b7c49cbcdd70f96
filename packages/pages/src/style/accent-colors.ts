type Rgb = readonly [number, number, number];

const [black, white]: [Rgb, Rgb] = [
  [0, 0, 0],
  [255, 255, 255],
];
/** The backgrounds that links and buttons stand on. `page-style.ts` has the same colors. */
const [lightGrounds, darkGrounds]: [Rgb[], Rgb[]] = [
  [white, [0xee, 0xf1, 0xf5]],
  [
    [0x19, 0x21, 0x2b],
    [0x0f, 0x15, 0x1c],
  ],
];
/** The contrast of text (WCAG 2.2, 1.4.3), with a margin for rounding. */
const enough = 4.6;

function parse(hex: string): Rgb {
  const digits = hex.slice(1);
  const full = digits.length === 3 ? Array.from(digits, (digit) => digit + digit).join('') : digits;
  return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16)) as unknown as Rgb;
}

const format = (color: Rgb) => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

const mix = (color: Rgb, other: Rgb, share: number): Rgb =>
  color.map((part, place) => Math.round(part + (other[place]! - part) * share)) as unknown as Rgb;

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Mixes in black or white until the color is readable on every one of the grounds. */
function readable(color: Rgb, grounds: Rgb[], towards: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = mix(color, towards, share);
    if (grounds.every((ground) => contrast(mixed, ground) >= enough)) return mixed;
  }
  return towards;
}

/**
 * Returns the colors of links and buttons for an accent (`#rgb` or `#rrggbb`): the accent itself where its contrast
 * with the page is 4.5:1 or more, otherwise the nearest darker one (in light mode) or lighter one (in dark mode).
 */
export function accentColors(accent: string): Record<'light' | 'dark', { act: string; over: string }> {
  const color = parse(accent);
  const light = readable(color, lightGrounds, black);
  const dark = readable(color, darkGrounds, white);
  return {
    light: { act: format(light), over: format(mix(light, black, 0.3)) },
    dark: { act: format(dark), over: format(mix(dark, white, 0.4)) },
  };
}
