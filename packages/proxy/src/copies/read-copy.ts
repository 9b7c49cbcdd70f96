import { createHash, type Hash } from 'node:crypto';
import type { PayloadSink, RequestInfo } from '@sallyport/kubernetes';
import type { CopiedFiles, SessionCopy } from '../exchange/session-copy.ts';
import { readCopyCommand } from './copy-command.ts';
import { TarReader } from './tar-reader.ts';

const maxFiles = 100;
/** How long the paths of all listed files may be. An event must not be too large for Kafka. */
const maxPaths = 16_384;

const sha256 = () => createHash('sha256');

/** Creates what sums up the files of an archive. */
function createFileList() {
  const files: CopiedFiles['files'] = [];
  const digests = sha256();
  const ofNothing = sha256().digest('hex');
  let [fileCount, bytes, pathLength] = [0, 0, 0];
  let path = '';
  let hash: Hash | undefined;
  let last = '';
  const reader = new TarReader({
    file(name) {
      path = name.toString();
      hash = undefined;
    },
    data(part) {
      hash ??= sha256();
      hash.update(part);
      bytes += part.length;
    },
    fileEnd(size) {
      last = hash?.digest('hex') ?? ofNothing;
      digests.update(last);
      fileCount += 1;
      pathLength += path.length;
      if (files.length < maxFiles && pathLength <= maxPaths) files.push({ bytes: size, path, sha256: last });
    },
  });
  return {
    reader,
    sum(unread: string | undefined): CopiedFiles {
      const digest = fileCount === 1 ? last : digests.copy().digest('hex');
      return { files, fileCount, bytes, sha256: unread === undefined && fileCount > 0 ? digest : undefined, unread };
    },
  };
}

/** Reads along what an exec copies. Undefined if its command is not one of `kubectl cp`. */
export function readCopy({ exec, kubelet }: Pick<RequestInfo, 'exec' | 'kubelet'>): SessionCopy | undefined {
  const options = exec ?? kubelet?.exec;
  // A terminal changes what goes through it.
  if (!options || options.tty) return undefined;
  const command = readCopyCommand(options.command);
  if (!command || (command.direction === 'upload' && !options.stdin)) return undefined;
  const { direction, path, firstByte } = command;
  const { reader, sum } = createFileList();
  const channel = direction === 'upload' ? 'stdin' : 'stdout';
  const isRead = () => firstByte === 1 && reader.fault === undefined;
  return {
    direction,
    path,
    sink: {
      get input() {
        return direction === 'upload' && isRead();
      },
      data(from, bytes) {
        if (from === channel && isRead()) reader.push(bytes);
      },
      resize() {},
    },
    copied(unreadable) {
      if (firstByte > 1) return sum(`the stream goes on from byte ${firstByte} of the archive`);
      if (unreadable !== undefined || reader.isWhole) return sum(unreadable);
      return sum(reader.fault ?? 'the stream ended before the archive');
    },
  };
}

/** Gives the payload to the recording and to what reads a copy. */
export function joinSinks(recording: PayloadSink | undefined, copy: PayloadSink | undefined): PayloadSink | undefined {
  if (!recording || !copy) return recording ?? copy;
  return {
    get input() {
      return recording.input || copy.input;
    },
    data(channel, bytes) {
      if (channel !== 'stdin' || recording.input) recording.data(channel, bytes);
      copy.data(channel, bytes);
    },
    resize: (columns, rows) => recording.resize(columns, rows),
  };
}
