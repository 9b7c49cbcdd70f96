import { watchLineSchema, type WatchLine } from '@sallyport/contracts/answers';
import { createFrameOpener, type Frame } from '@sallyport/recordings/read';
import { createScreenText } from '@sallyport/recordings/screen';
import type { Environment } from '../environment/environment.ts';
import { readLines } from '../files/read-lines.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { callAsUser, openGateway, streamAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import { readAnswer } from '../gateway/read-answer.ts';
import { parseJson } from '../input/untrusted.ts';
import { resolveStreamIds } from '../sessions/list-sessions.ts';
import { CliError, describeError } from '../terminal/cli-error.ts';
import { createPaint } from '../terminal/paint.ts';
import { openKeys } from './play/open-keys.ts';

const streamsPath = '/.sallyport/api/v1/streams';
/** The gateway sends a line every five seconds. */
const silenceMs = 30_000;
const maxLineBytes = 1024 * 1024;
const watchKeys = { q: 'quit', '\u0003': 'quit', '\u0004': 'quit', E: 'end' } as const;

const failures = {
  'not-allowed': ['refused', 'you may not watch this session any more, or your own session has ended'],
  unavailable: ['unreachable', 'the replica of the gateway with the session does not answer'],
} as const;

/** Reads the lines of the answer up to the last one. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<WatchLine> {
  for await (const lines of readLines(chunks, maxLineBytes))
    for (const line of lines) {
      const answer = readAnswer(watchLineSchema, 'text' in line ? parseJson(line.text) : undefined, 'the session');
      yield answer;
      if (answer.end === undefined) continue;
      if (answer.end === 'over') return;
      const [exit, message] = failures[answer.end];
      throw new CliError(exit, message);
    }
  throw new CliError('unreachable', 'the gateway closed the connection before the session ended');
}

/** Draws what is shown, so that it cannot own the terminal. */
function createView(environment: Environment) {
  const { stdout, stderr } = environment;
  const paint = createPaint(environment);
  const screen = createScreenText(stdout.isTTY ? 'drawing' : 'text');
  let knowsSize = !stdout.isTTY;
  return {
    show(frame: Frame) {
      if (frame.type === 'resize' && !knowsSize) {
        stderr.write(`The window of the session has ${frame.columns} columns and ${frame.rows} rows.\n`);
        knowsSize = true;
      }
      const shown = screen.take(frame);
      if (shown) stdout.write(shown.stream === 'stderr' ? paint(shown.text, 'bad') : shown.text);
    },
    skipped: (bytes: number) => stderr.write(`\n[${bytes} bytes were skipped, because they came too fast]\n`),
    end: () => stdout.write(screen.end()),
  };
}

/** Ends the session, as `sessions revoke --stream` does. It is then over for those who watch it. */
async function endStream({ stderr }: Environment, gateway: OpenGateway, stream: string): Promise<void> {
  try {
    await callAsUser(gateway, { method: 'DELETE', path: `${streamsPath}/${stream}` });
  } catch (error) {
    stderr.write(`\n${describeError(error).text}`);
  }
}

/** `sallyport sessions watch`: shows a running recorded session until it ends or the person quits. */
export async function watchStream(environment: Environment, given: string, options: GatewayNames): Promise<void> {
  const gateway = await openGateway(environment, options);
  const stream = encodeURIComponent((await resolveStreamIds(gateway, [given]))[0]!);
  const { recipient, open } = await createFrameOpener();
  const gone = new AbortController();
  const path = `${streamsPath}/${stream}/watch?recipient=${recipient}`;
  const call = { method: 'GET', path, accept: 'application/x-ndjson', signal: gone.signal } as const;
  const chunks = await streamAsUser(gateway, call, silenceMs);
  const view = createView(environment);
  const keys = openKeys(environment, watchKeys);
  const giveBack = () => {
    keys.close();
    view.end();
  };
  const stop = environment.onInterrupt(giveBack);
  const follow = async () => {
    for (let key = await keys.next(); key !== 'quit'; key = await keys.next())
      await endStream(environment, gateway, stream);
    gone.abort();
  };
  void follow();
  if (environment.stdout.isTTY) environment.stderr.write('To quit, press q. To end the session, press E.\n');
  try {
    for await (const { sealed, lost } of linesOf(chunks)) {
      if (lost !== undefined) view.skipped(lost);
      if (sealed === undefined) continue;
      for (const frame of await open(Buffer.from(sealed, 'base64'))) view.show(frame);
    }
    environment.stderr.write('\nThe session is over.\n');
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    stop();
    giveBack();
  }
}
