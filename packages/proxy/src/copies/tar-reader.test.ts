import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pack, pax, tarEnd, tarHeader } from '../testing/tar-archive.ts';
import { TarReader } from './tar-reader.ts';

/** Reads an archive in pieces of a size. */
function read(archive: Buffer, size = archive.length) {
  const files: { path: string; text: string; bytes?: number }[] = [];
  const reader = new TarReader({
    file: (path) => void files.push({ path: path.toString(), text: '' }),
    data(bytes) {
      files.at(-1)!.text += Buffer.from(bytes).toString('latin1');
    },
    fileEnd(bytes) {
      files.at(-1)!.bytes = bytes;
    },
  });
  for (let at = 0; at < archive.length; at += size) reader.push(archive.subarray(at, at + size));
  return { files, fault: reader.fault, isWhole: reader.isWhole };
}

const file = (path: string, text: string, more = {}) => pack(tarHeader({ path, size: text.length, ...more }), text);
const archiveOf = (...parts: Buffer[]) => Buffer.concat([...parts, tarEnd]);

const long = 'd/'.repeat(120);
const sample = archiveOf(
  file('dir/', '', { type: '5' }),
  file('a', 'alpha'),
  pax('path', `${long}é`),
  file('cut-name', 'x'.repeat(1000)),
  pack(tarHeader({ path: '././@LongLink', type: 'L', size: long.length + 2, magic: 'ustar  \0' }), `${long}g\0`),
  file('cut-name', '', { magic: 'ustar  \0' }),
  file('link', '', { type: '2' }),
  file('name', 'z', { prefix: 'some/dir' }),
);

describe('a tar archive', () => {
  it.each([1, 7, 511, 512, 513, 1 << 20])('is read alike in pieces of %i bytes', (size) => {
    expect(read(sample, size)).toEqual({
      isWhole: true,
      fault: undefined,
      files: [
        { path: 'a', text: 'alpha', bytes: 5 },
        { path: `${long}é`, text: 'x'.repeat(1000), bytes: 1000 },
        { path: `${long}g`, text: '', bytes: 0 },
        { path: 'some/dir/name', text: 'z', bytes: 1 },
      ],
    });
  });

  it('keeps a name that leaves its directory as it is', () => {
    expect(read(archiveOf(file('../../etc/passwd', 'x'))).files[0]!.path).toBe('../../etc/passwd');
  });

  it('is not whole before its end, wherever it is cut', () => {
    for (let length = 0; length < sample.length - 512; length += 97) {
      const { isWhole, fault } = read(sample.subarray(0, length));
      expect({ isWhole, fault }).toEqual({ isWhole: false, fault: undefined });
    }
  });

  it('may give a file of more than 8 GiB in pax or in binary', () => {
    const size = 2 ** 33 + 1;
    const binary = Buffer.alloc(12);
    binary[0] = 0x80;
    binary.writeUIntBE(size, 6, 6);
    for (const head of [
      tarHeader({ path: 'a', rawSize: binary }),
      Buffer.concat([pax('size', `${size}`), file('a', '')]),
    ])
      expect(read(Buffer.concat([head, Buffer.from('content')]))).toEqual({
        isWhole: false,
        fault: undefined,
        files: [{ path: 'a', text: 'content' }],
      });
  });

  const size = (bytes: string) => tarHeader({ path: 'a', rawSize: Buffer.from(bytes.padEnd(12, '\0'), 'latin1') });
  it.each<[string, Buffer, string]>([
    ['a huge size', size('\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff'), 'negative or too large'],
    ['a negative size', size('\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xf0'), 'negative or too large'],
    ['a size that is no number', size('-7'), 'a number that is none'],
    ['a size with digits behind its end', size('7 7'), 'a number that is none'],
    ['a pax header of 10 GB', tarHeader({ path: 'x', type: 'x', size: 10_000_000_000 }), 'too long'],
    ['a long name of 10 GB', tarHeader({ path: 'x', type: 'L', size: 10_000_000_000 }), 'too long'],
    ['a path of more than 4,096 bytes', pax('path', 'x'.repeat(4097)), 'empty or too long'],
    ['an empty path', pax('path', ''), 'empty or too long'],
    ['a path with a zero', pax('path', 'a\0b'), 'empty or too long'],
    ['two paths', Buffer.concat([pax('path', 'a'), pax('path', 'b')]), 'says twice'],
    ['a negative size in pax', pax('size', '-1'), 'a size that is none'],
    ['another size in pax', Buffer.concat([pax('size', '512'), file('a', 'x')]), 'two sizes'],
    ['a small size in pax only', Buffer.concat([pax('size', '512'), file('a', '')]), 'two sizes'],
    ['a path for all entries', pax('path', 'a', 'g'), 'for all entries'],
    ['a sparse file of pax', pax('GNU.sparse.name', 'a'), 'sparse'],
    ['a sparse file of GNU', tarHeader({ path: 'a', type: 'S' }), 'another type'],
    ['a record that is longer than its header', pack(tarHeader({ type: 'x', size: 9 }), '99 path=a'), 'well-formed'],
    ['a record of length 0', pack(tarHeader({ type: 'x', size: 9 }), '0 path=a\n'), 'well-formed'],
    ['a link with content', file('a', 'x', { type: '1' }), 'with content'],
    ['a directory with content', file('a/', 'x'), 'with content'],
    ['a header without its entry', archiveOf(pax('path', 'a')), 'without its entry'],
    ['an archive behind the end', archiveOf(sample, file('b', 'x')), 'behind the end'],
    ['a file behind an empty block', Buffer.concat([Buffer.alloc(512), file('b', 'x')]), 'behind the end'],
    ['a header of star', tarHeader({ path: 'a', star: true }), 'star'],
    ['text', Buffer.alloc(512, 'total 4\n'), 'header'],
  ])('is given up at %s', (_what, archive, fault) => {
    expect(read(archive).fault).toContain(fault);
    expect(read(archive, 1).fault).toContain(fault);
  });

  it('is read to its end or given up, but never throws, with any bytes changed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 2000 }),
        (changes, size) => {
          const changed = Buffer.from(sample);
          for (const [at, byte] of changes) changed[at] = byte;
          expect(read(changed, size)).toEqual(read(changed));
          expect(read(changed).fault).not.toBe('the reader failed');
        },
      ),
    );
  });
});
