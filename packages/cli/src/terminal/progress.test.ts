import { describe, expect, it } from '@jest/globals';
import { createProgress } from './progress.ts';

describe('progress', () => {
  const shown = (isTTY: boolean) => {
    let now = 0;
    let text = '';
    const progress = createProgress({
      now: () => now,
      stderr: {
        isTTY,
        write: (more) => {
          text += more;
        },
      },
    });
    for (now = 0; now <= 3000; now += 100) progress.tell(() => `at ${now}`);
    progress.end();
    return text;
  };
  it('is shown on a terminal after two seconds, and then removed', () => {
    expect(shown(true)).toBe('\rat 2000\rat 2300\rat 2600\rat 2900\r       \r');
  });
  it('is not shown without a terminal', () => {
    expect(shown(false)).toBe('');
  });
});
