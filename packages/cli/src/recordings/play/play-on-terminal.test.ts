import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Frame } from '@sallyport/recordings/read';
import { createRig } from '../../testing/rig.ts';
import { playOnTerminal, type Pace } from './play-on-terminal.ts';

const esc = '\u001b';
const usual: Pace = { speed: 1, idleLimitMs: Infinity };

/** Plays steps of `[milliseconds, text]`. `press` is asked before each wait which key comes now. */
async function play(
  steps: [at: number, text: string, stream?: 'stderr'][],
  {
    pace = usual,
    press = () => undefined,
    keyboard = {},
  }: {
    pace?: Pace;
    press?(written: string, now: number): string | undefined;
    keyboard?: { type?(key: string): void };
  } = {},
) {
  const rig = createRig();
  rig.remove();
  const seen: [at: number, text: string][] = [];
  const raw: boolean[] = [];
  let [now, reads] = [0, 0];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  keyboard.type = (key) => void stdin.write(key);
  const environment = Object.assign(rig.environment, {
    env: { NO_COLOR: '1' },
    stdin,
    stdout: { isTTY: true, write: (text: string) => void seen.push([now, text]) },
    now: () => now,
    sleep: async (ms: number) => {
      const key = press(seen.map(([, text]) => text).join(''), now);
      if (key !== undefined) stdin.write(key);
      await new Promise((resolve) => setImmediate(resolve));
      if (key === undefined) now += ms;
    },
  });
  async function* open(): AsyncGenerator<Frame> {
    reads += 1;
    for (const [at, text, stream = 'stdout'] of steps)
      yield { time: at * 1000, type: 'data', stream, bytes: new TextEncoder().encode(text) };
  }
  await playOnTerminal(environment, open, pace);
  return { seen: seen.filter(([, text]) => text !== ''), raw, reads, ended: stdin.destroyed };
}

describe('a recording on a terminal', () => {
  it('is played in its own time, and gives the keyboard back', async () => {
    expect(
      await play([
        [0, 'a'],
        [1000, 'b'],
        [1500, 'c'],
      ]),
    ).toEqual({
      seen: [
        [0, 'a'],
        [1000, 'b'],
        [1500, 'c'],
      ],
      raw: [true, false],
      reads: 1,
      ended: true,
    });
  });

  it('is played faster, and without long pauses', async () => {
    const steps: [number, string][] = [
      [0, 'a'],
      [1000, 'b'],
      [60_000, 'c'],
    ];
    expect((await play(steps, { pace: { speed: 2, idleLimitMs: Infinity } })).seen).toEqual([
      [0, 'a'],
      [500, 'b'],
      [30_000, 'c'],
    ]);
    expect((await play(steps, { pace: { speed: 1, idleLimitMs: 400 } })).seen).toEqual([
      [0, 'a'],
      [400, 'b'],
      [800, 'c'],
    ]);
  });

  it('ends at once with q, and leaves the terminal as it was', async () => {
    const press = (written: string) => (written.includes('a') ? 'q' : undefined);
    const { seen, raw } = await play(
      [
        [0, `${esc}[?1049ha`],
        [90_000, 'b'],
      ],
      { press },
    );
    expect(seen.map(([, text]) => text).join('')).toBe(
      `${esc}[?1049ha${esc}[0m\u000f${esc}(B${esc}[4l${esc}[?7h${esc}[?25h${esc}[?1049l`,
    );
    expect(raw).toEqual([true, false]);
  });

  it('goes forward with the right arrow, and back with the left one', async () => {
    const keys = [`${esc}[C`, undefined, `${esc}[D`];
    const press = (written: string) => (written.includes('b') || keys.length > 2 ? keys.shift() : undefined);
    const { seen, reads } = await play(
      [
        [0, 'a'],
        [4000, 'b'],
        [9000, 'c'],
      ],
      { press },
    );
    expect(seen.map(([, text]) => text).join('')).toBe(`ab${esc}[0m${esc}[H${esc}[2Jabc`);
    expect(reads).toBe(2);
  });

  it('stands still while it is paused, and goes on from there', async () => {
    const keys = [' '];
    const press = (written: string, now: number) => (written.includes('a') && now >= 200 ? keys.shift() : undefined);
    const keyboard: { type?(key: string): void } = {};
    const playing = play(
      [
        [0, 'a'],
        [1000, 'b'],
      ],
      { press, keyboard },
    );
    expect(await Promise.race([playing, new Promise((resolve) => setTimeout(resolve, 100, 'paused'))])).toBe('paused');
    keyboard.type!(' ');
    expect((await playing).seen).toEqual([
      [0, 'a'],
      [1000, 'b'],
    ]);
  });

  it('does nothing with what the recording sends to own it', async () => {
    const { seen } = await play([[0, `${esc}]52;c;eA==\u0007${esc}[6nok`]]);
    expect(seen).toEqual([[0, 'ok']]);
  });
});
