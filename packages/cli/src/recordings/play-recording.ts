import type { Frame } from '@sallyport/recordings/read';
import type { Environment } from '../environment/environment.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { readSpan } from '../input/read-span.ts';
import { usageError } from '../terminal/cli-error.ts';
import { noteLacks, readFrames, readIdentities, type IdentityOptions } from './open-recording.ts';
import { playOnTerminal, type Pace } from './play/play-on-terminal.ts';
import { createScreenText } from '@sallyport/recordings/screen';
import { fetchRecording } from './show-recording.ts';

type PlayOptions = GatewayNames & IdentityOptions & { speed: string; idleLimit?: string };

function readPace({ speed: given, idleLimit }: PlayOptions): Pace {
  const speed = /^\d{1,4}(?:\.\d{1,3})?$/.test(given) ? Number(given) : 0;
  if (speed === 0) throw usageError(`"${given}" is not a speed`, 'Write --speed 2 or --speed 0.5.');
  return { speed, idleLimitMs: idleLimit === undefined ? Infinity : readSpan(idleLimit, '--idle-limit') };
}

/** Returns the text of a recording, without control codes. */
export async function* textOf(frames: AsyncIterable<Frame>): AsyncGenerator<string> {
  const screen = createScreenText('text');
  for await (const frame of frames) {
    const text = screen.take(frame)?.text ?? '';
    if (text !== '') yield text;
  }
}

/** `sallyport recordings play`: plays a recording on a terminal. Elsewhere, it prints the text without its timing. */
export async function playRecording(environment: Environment, given: string, options: PlayOptions): Promise<void> {
  const pace = readPace(options);
  const identities = readIdentities(environment, options);
  const gateway = await openGateway(environment, options);
  const found = await fetchRecording(gateway, given);
  const open = () => readFrames(found, { gateway, identities, by: 'play' });
  const { stdout, stderr } = environment;
  if (stdout.isTTY) {
    stderr.write('To pause, press space. To seek, press the left or right arrow. To quit, press q.\n');
    await playOnTerminal(environment, open, pace);
    stdout.write('\n');
  } else for await (const text of textOf(open())) stdout.write(text);
  noteLacks(environment, found);
}
