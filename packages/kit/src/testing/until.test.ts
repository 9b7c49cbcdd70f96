import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from './eventually.ts';
import { until } from './until.ts';

afterEach(() => void jest.useRealTimers());

describe('until', () => {
  it('returns once the condition is true, also if it failed before', async () => {
    let asked = 0;
    await until(async () => {
      asked += 1;
      if (asked === 1) throw new Error('not yet');
      return asked > 2;
    });
    expect(asked).toBe(3);
  });

  it('says what it waited for, and the last error', async () => {
    const events: string[] = [];
    await expect(until(() => events.length === 2, 20)).rejects.toThrow(
      'timed out after 0.02 s waiting for () => events.length === 2',
    );
    const cause = new Error('one\n  two');
    const failing = () => {
      throw cause;
    };
    await expect(until(failing, 20)).rejects.toMatchObject({
      message: 'timed out after 0.02 s waiting for () => { throw cause; }; last error: one two',
      cause,
    });
  });

  it('shortens a long condition', async () => {
    const condition = Object.assign(() => false, { toString: () => 'x'.repeat(201) });
    await expect(until(condition, 1)).rejects.toThrow(/waiting for x{200} …$/);
  });

  it('polls and times out in real time, whatever the clock of the test is', async () => {
    jest.useFakeTimers();
    let asked = 0;
    await until(() => (asked += 1) > 2);
    await expect(until(() => false, 20)).rejects.toThrow('timed out');
  });
});

describe('eventually', () => {
  it('returns what it got, and tells more of what it waited for', async () => {
    const answers = [undefined, false, 0];
    expect(await eventually('an answer', () => answers.shift())).toBe(0);
    await expect(
      eventually(
        'an answer',
        () => undefined,
        20,
        () => `of ${answers.length}`,
      ),
    ).rejects.toThrow('timed out after 0.02 s waiting for an answer of 0');
  });
});
