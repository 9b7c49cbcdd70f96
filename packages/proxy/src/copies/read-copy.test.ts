import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { describeCopy } from '../audit/describe-copy.ts';
import { createHiddenText } from '../audit/hidden-text.ts';
import { pack, pax, tarEnd, tarHeader } from '../testing/tar-archive.ts';
import { readCopy } from './read-copy.ts';

const exec = (command: string[], more = {}) => ({ exec: { container: '', command, stdin: true, tty: false, ...more } });
const upload = ['tar', '-xmf', '-', '-C', '/srv/secret'];
const digest = (...texts: string[]) =>
  texts.reduce((hash, text) => hash.update(text), createHash('sha256')).digest('hex');
const file = (path: string, text: string) =>
  Buffer.concat([pax('path', path), pack(tarHeader({ size: text.length }), text)]);

/** Describes the upload of an archive, as the event does. */
function describeUpload(archive: Buffer, setting: 'clear' | 'hashed' = 'clear', reason?: string) {
  const copy = readCopy(exec(upload))!;
  copy.sink.data('stdin', archive);
  const hidden = createHiddenText(setting, Buffer.from('key'))(['issuer', 'alice']);
  return describeCopy({ copy, observer: { reason } as never }, hidden)!;
}

describe('a copy', () => {
  it('has the digest of its only file', () => {
    expect(describeUpload(Buffer.concat([file('a', 'alpha'), tarEnd]))).toEqual({
      path: '/srv/secret',
      direction: 'upload',
      bytes: 5,
      fileCount: 1,
      sha256: digest('alpha'),
      files: [{ path: 'a', bytes: 5, sha256: digest('alpha') }],
    });
  });

  it('has the digest over the digests of all files, and lists the first hundred', () => {
    const texts = Array.from({ length: 130 }, (_none, index) => `content ${index}`);
    const copy = describeUpload(Buffer.concat([...texts.map((text, index) => file(`f${index}`, text)), tarEnd]));
    expect(copy).toMatchObject({ fileCount: 130, sha256: digest(...texts.map((text) => digest(text))) });
    expect(copy.files!.map(({ path }) => path)).toEqual(Array.from({ length: 100 }, (_none, index) => `f${index}`));
  });

  it('is small in its event, whatever the names are', () => {
    const names = Array.from({ length: 100 }, () => '\u0001'.repeat(4096));
    const copy = describeUpload(Buffer.concat([...names.map((name) => file(name, '')), tarEnd]));
    expect(copy.fileCount).toBe(100);
    expect(JSON.stringify(copy).length).toBeLessThan(150_000);
  });

  it('shows names without what could mislead a terminal, and without tokens', () => {
    const { files } = describeUpload(
      Buffer.concat([file('\u001b]0;x\u0007spt_0123456789abcdef0123456789abcdef0123456789a', ''), tarEnd]),
    );
    expect(files![0]!.path).toMatch(/^\\u001b\]0;x\\u0007/);
    expect(files![0]!.path).not.toContain('spt_0123');
  });

  it('shows no path if commands are hashed, and the hash of the word of the command', () => {
    const copy = describeUpload(Buffer.concat([file('secret-name', 'x'), tarEnd]), 'hashed');
    expect(JSON.stringify(copy)).not.toContain('secret');
    expect(copy.path).toBe(createHiddenText('hashed', Buffer.from('key'))(['issuer', 'alice']).of('/srv/secret'));
    expect(copy.files![0]!.path).toMatch(/^hmac-sha256:/);
  });

  it('says why not everything was read, with the files that were', () => {
    const whole = Buffer.concat([file('a', 'alpha'), file('b', 'beta')]);
    const [a, b] = ['alpha', 'beta'].map((text) => ({ bytes: text.length, sha256: digest(text) }));
    const cut = describeUpload(whole.subarray(0, -510));
    expect(cut).toMatchObject({ bytes: 7, fileCount: 1, files: [a], unread: 'the stream ended before the archive' });
    expect(cut.sha256).toBeUndefined();
    const odd = describeUpload(Buffer.concat([whole, Buffer.alloc(512, 'x')]));
    expect(odd).toMatchObject({ fileCount: 2, files: [a, b], unread: 'a header with a number that is none' });
    expect(odd.sha256).toBeUndefined();
    expect(describeUpload(Buffer.concat([whole, tarEnd]), 'clear', 'a text message').unread).toBe('a text message');
  });

  it('that goes on within the archive is not read', () => {
    const copy = readCopy(exec(['sh', '-c', 'tar cf - /etc/hosts | tail -c+4097'], { stdin: false }))!;
    copy.sink.data('stdout', Buffer.concat([file('a', 'alpha'), tarEnd]));
    expect(copy.copied(undefined)).toMatchObject({
      fileCount: 0,
      unread: 'the stream goes on from byte 4097 of the archive',
    });
  });

  it('wants no input for a download, and none after it gave up', () => {
    expect(readCopy(exec(['tar', 'cf', '-', '/etc']))!.sink.input).toBe(false);
    const { sink } = readCopy(exec(upload))!;
    expect(sink.input).toBe(true);
    sink.data('stdin', Buffer.alloc(512, 'x'));
    expect(sink.input).toBe(false);
  });
});

it.each([
  ['another command', exec(['sh'])],
  ['a terminal', exec(upload, { tty: true })],
  ['an upload without input', exec(upload, { stdin: false })],
  ['no command', {}],
])('%s is no copy', (_what, asked) => {
  expect(readCopy(asked)).toBeUndefined();
});
