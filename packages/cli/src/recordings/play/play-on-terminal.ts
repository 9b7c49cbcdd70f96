import type { Frame } from '@sallyport/recordings/read';
import type { Environment } from '../../environment/environment.ts';
import { createPaint } from '../../terminal/paint.ts';
import { createScreenText } from '@sallyport/recordings/screen';
import { openKeys } from './open-keys.ts';
import { timeline, type Step } from './timeline.ts';

/** How far an arrow key seeks. */
const seekMs = 5000;
/** A wait cannot be called off, so it is divided. Otherwise the program would end only after it. */
const longestWaitMs = 200;
const playKeys = {
  ' ': 'pause',
  q: 'quit',
  '\u0003': 'quit',
  '\u0004': 'quit',
  '\u001b[C': 'forward',
  '\u001bOC': 'forward',
  '\u001b[D': 'back',
  '\u001bOD': 'back',
} as const;
const clear = '\u001b[0m\u001b[H\u001b[2J';

export type Pace = { speed: number; idleLimitMs: number };

/** Shows the steps of a recording. It can go to any time of it: backward, the recording is read again. */
function createReel(environment: Environment, open: () => AsyncIterable<Frame>, idleLimitMs: number) {
  const { stdout } = environment;
  const paint = createPaint(environment);
  const rewind = () => {
    const screen = createScreenText('drawing');
    return { screen, steps: timeline(open(), screen, idleLimitMs) };
  };
  let reel = rewind();
  let held: Step | undefined;
  let position = 0;
  /** Returns the next step, or undefined at the end. */
  const peek = async (): Promise<Step | undefined> => {
    held ??= (await reel.steps.next()).value ?? undefined;
    return held;
  };
  return {
    peek,
    position: () => position,
    async goTo(target: number): Promise<void> {
      if (target < position) {
        stdout.write(`${reel.screen.end()}${clear}`);
        await reel.steps.return(undefined);
        reel = rewind();
        held = undefined;
      }
      for (let step = await peek(); step !== undefined && step.at <= target; step = await peek()) {
        const { stream, text } = step.shown;
        stdout.write(stream === 'stderr' ? paint(text, 'bad') : text);
        held = undefined;
      }
      position = Math.max(0, target);
    },
    /** Gives the terminal back as it was. */
    end: () => stdout.write(reel.screen.end()),
  };
}

/**
 * Plays a recording on the terminal until its end, or until the person quits. Whatever ends it, the terminal is as it was
 * before.
 */
export async function playOnTerminal(
  environment: Environment,
  open: () => AsyncIterable<Frame>,
  { speed, idleLimitMs }: Pace,
): Promise<void> {
  const reel = createReel(environment, open, idleLimitMs);
  const keys = openKeys(environment, playKeys);
  const giveBack = () => {
    keys.close();
    reel.end();
  };
  const stop = environment.onInterrupt(giveBack);
  let isPaused = false;
  let pressed = keys.next();
  // When the beginning of the recording would have been, at the present speed.
  let origin = environment.now();
  const waitFor = async (step: Step) => {
    const wait = Math.max(0, origin + step.at / speed - environment.now());
    const pass = async (): Promise<undefined> => {
      await environment.sleep(Math.min(wait, longestWaitMs));
    };
    const key = await (isPaused ? pressed : Promise.race([pressed, pass()]));
    if (key !== undefined) pressed = keys.next();
    return { key, isDue: wait <= longestWaitMs };
  };
  try {
    for (let step = await reel.peek(); step !== undefined; step = await reel.peek()) {
      const now = () => Math.min(step!.at, Math.max(reel.position(), (environment.now() - origin) * speed));
      const pausedAt = isPaused ? reel.position() : undefined;
      const { key, isDue } = await waitFor(step);
      if (key === 'quit') return;
      const here = pausedAt ?? now();
      if (key === undefined) {
        if (isDue) await reel.goTo(step.at);
        continue;
      }
      if (key === 'pause') isPaused = !isPaused;
      await reel.goTo(key === 'pause' ? here : here + (key === 'back' ? -seekMs : seekMs));
      origin = environment.now() - reel.position() / speed;
    }
  } finally {
    stop();
    giveBack();
  }
}
