import { toAsciicast, type Frame } from '@sallyport/recordings/read';
import type { Environment } from '../environment/environment.ts';
import { openNewFile } from '../files/write-file.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { usageError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { noteLacks, readFrames, readIdentities, type IdentityOptions } from './open-recording.ts';
import { textOf } from './play-recording.ts';
import { fetchRecording } from './show-recording.ts';

type ExportOptions = GatewayNames &
  IdentityOptions & { output: 'asciicast' | 'text' | 'raw'; stream: 'stdout' | 'stderr' | 'stdin'; out?: string };

async function* bytesOf(frames: AsyncIterable<Frame>, stream: ExportOptions['stream']): AsyncGenerator<Buffer> {
  for await (const frame of frames)
    if (frame.type === 'data' && frame.stream === stream)
      yield Buffer.from(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.byteLength);
}

async function* linesOf(frames: AsyncIterable<Frame>): AsyncGenerator<string> {
  for await (const line of toAsciicast(frames)) yield `${line}\n`;
}

function contentOf(frames: AsyncIterable<Frame>, { output, stream }: ExportOptions): AsyncIterable<string | Buffer> {
  if (output === 'raw') return bytesOf(frames, stream);
  return output === 'text' ? textOf(frames) : linesOf(frames);
}

/** `sallyport recordings export`. A file is written as a whole or not at all. */
export async function exportRecording(environment: Environment, given: string, options: ExportOptions): Promise<void> {
  const { out, output } = options;
  if (output === 'raw' && out === undefined)
    throw usageError('raw bytes are not for a terminal', 'Name a file with --out.');
  const identities = readIdentities(environment, options);
  const gateway = await openGateway(environment, options);
  const found = await fetchRecording(gateway, given);
  const content = contentOf(readFrames(found, { gateway, identities, by: 'export' }), options);
  if (out === undefined) {
    for await (const piece of content) environment.stdout.write(piece.toString());
    return noteLacks(environment, found);
  }
  const file = await openNewFile(out);
  const stop = environment.onInterrupt(() => file.abandon());
  try {
    for await (const piece of content) await file.write(typeof piece === 'string' ? Buffer.from(piece) : piece);
    await file.commit();
  } catch (error) {
    file.abandon();
    throw error;
  } finally {
    stop();
  }
  noteLacks(environment, found);
  environment.stderr.write(`Exported the recording to ${forTerminal(out)}.\n`);
}
