import { describe, expect, it } from '@jest/globals';
import { createScreenFilter } from './screen-filter.ts';

const esc = '\u001b';
const filter = (text: string, keeps: 'drawing' | 'text' = 'drawing') => createScreenFilter(keeps).take(text);

describe('the output of a recorded program', () => {
  it.each([
    ['plain text, lines and tabs', 'a\tb\r\nc\b'],
    ['colors', `${esc}[1;38;5;208mx${esc}[0m${esc}[38:2::1:2:3m`],
    ['the cursor', `${esc}[H${esc}[12;40H${esc}[3A${esc}7${esc}8${esc}[s${esc}[u${esc}[?25l`],
    ['erasing and scrolling', `${esc}[2J${esc}[K${esc}[1;20r${esc}M${esc}[3P`],
    ['the alternate screen', `${esc}[?1049h${esc}[?1049l`],
    ['line drawing', `${esc}(0lqk${esc}(B`],
    ['text in any script', 'Grüße 日本語 👩‍💻'],
  ])('draws: %s', (_what, text) => {
    expect(filter(text)).toBe(text);
  });

  it.each([
    ['the clipboard (OSC 52)', `${esc}]52;c;cm0gLXJm${'\u0007'}`],
    ['the title (OSC 2)', `${esc}]2;x${esc}\\`],
    ['links (OSC 8)', `${esc}]8;;http://evil.example${esc}\\`],
    ['DCS', `${esc}P$q"p${esc}\\`],
    ['APC', `${esc}_Gi=1;AAAA${esc}\\`],
    ['PM', `${esc}^x${esc}\\`],
    ['SOS', `${esc}Xx${esc}\\`],
    ['a question for the position (DSR)', `${esc}[6n`],
    ['a question for the device (DA)', `${esc}[c${esc}[>c${esc}Z`],
    ['ENQ', '\u0005'],
    ['a question for the window', `${esc}[21t`],
    ['a change of the window', `${esc}[8;200;200t`],
    ['the mouse', `${esc}[?1000h${esc}[?1006h${esc}[1;2;3;4;5T`],
    ['pasting', `${esc}[?2004h`],
    ['keys', `${esc}=${esc}[>4;2m${esc}[?1h`],
    ['the scrollback', `${esc}[3J`],
    ['a number that keeps a terminal busy', `${esc}[99999b`],
    ['the bell and shifts of nothing', '\u0007\u000b\u007f'],
    ['a string that another ESC ends', `${esc}]2;x${esc}[6n`],
  ])('does not reach the terminal: %s', (_what, text) => {
    expect(filter(text)).toBe('');
  });

  it('has no C1 control, whose text is shown', () => {
    expect(filter('\u009d52;c;x\u009c\u009b6n\u0090')).toBe('52;c;x6n');
  });

  it('keeps of several modes those that are allowed', () => {
    expect(filter(`${esc}[?1000;25;2004h`)).toBe(`${esc}[?25h`);
  });

  it('shows what follows a code that does not end', () => {
    expect(filter(`${esc}]${'x'.repeat(5000)} visible`)).toMatch(/^x+ visible$/);
    expect(filter(`${esc}[${'1'.repeat(100)}mvisible`)).toMatch(/visible$/);
    expect(filter(`${esc}[31\u0018visible`)).toBe('visible');
  });

  it('is the same however it is split', () => {
    const text = `a${esc}[31mb${esc}]2;title${esc}\\c${esc}[?1049h${esc}(0q${esc}[6nd`;
    const one = createScreenFilter('drawing');
    const pieces = text
      .split('')
      .map((character) => one.take(character))
      .join('');
    expect(pieces).toBe(filter(text));
  });

  it('leaves the terminal as it was', () => {
    const one = createScreenFilter('drawing');
    expect(one.end()).toBe('');
    one.take(`${esc}[?1049h${esc}[?25l${esc}[31m${esc}[2;5r`);
    expect(one.end()).toBe(`${esc}7${esc}[r${esc}8${esc}[0m\u000f${esc}(B${esc}[4l${esc}[?7h${esc}[?25h${esc}[?1049l`);
  });

  it('has no code at all as text', () => {
    expect(filter(`${esc}[31mred${esc}[0m\r\n${esc}]2;x\u0007a\bb\n`, 'text')).toBe('red\nab\n');
  });
});
