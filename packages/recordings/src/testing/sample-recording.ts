import type { ClosedPart, FinishedRecording } from '../disk/recording-log.ts';
import type { RecordingHead } from '../format/frame.ts';
import type { RecordingWriter } from '../recorder/recorder.ts';
import { createRecorderBed } from './create-recorder-bed.ts';

export type SampleRecording = {
  id: string;
  identity: string;
  recipient: string;
  parts: ClosedPart[];
  finished: FinishedRecording;
  /** The files by name. */
  files: Map<string, Buffer>;
  fetch(name: string): Promise<Buffer | undefined>;
};

function writeSample(writer: RecordingWriter): void {
  writer.resize(80, 24);
  writer.data('stdout', Buffer.from('$ ls\r\n'));
  writer.data('stdout', Buffer.from('bin  etc  home\r\n$ '));
  writer.resize(120, 40);
  writer.data('stdout', Buffer.from('exit\r\n'));
}

/** Records a short session, or what `write` writes. Files larger than a part come in several parts. */
export async function sampleRecording({
  head,
  write = writeSample,
}: {
  head?: Partial<RecordingHead>;
  write?: (writer: RecordingWriter) => void | Promise<void>;
} = {}): Promise<SampleRecording> {
  const bed = await createRecorderBed();
  try {
    const recorder = await bed.open();
    const { id, writer, failures } = await bed.begin(recorder, head);
    await write(writer);
    await writer.finish({ exitCode: 0 });
    await recorder.close(60_000);
    if (failures[0]) throw failures[0];
    const { parts, finished } = bed.published.get(id)!;
    const files = new Map([...bed.store.files].map(([name, bytes]) => [name.slice(id.length + 1), bytes]));
    const { identity, recipient } = bed;
    return { id, identity, recipient, parts, finished: finished!, files, fetch: async (name) => files.get(name) };
  } finally {
    bed.remove();
  }
}
