import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readReleaseKey, releaseKeyFile, releaseKeyLine, signFile, verifyFile } from './minisign.ts';

const [{ privateKey }, { privateKey: other }] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const [key, otherKey] = [privateKey, other].map((one) => readReleaseKey(releaseKeyLine(one))!);
const text = Buffer.from('a file');
const signature = signFile(text, 'sallyport 1.2.3', privateKey);
const lines = signature.split('\n');
const withLine = (index: number, line: string) => lines.map((one, at) => (at === index ? line : one)).join('\n');
const invalid = { problem: 'its signature is not valid' };

describe('the signature of a file', () => {
  it('gives its comment, with the key that made it among those that are trusted', () => {
    expect(verifyFile(text, signature, [otherKey!, key!])).toEqual({ comment: 'sallyport 1.2.3' });
  });

  it('does not count without a key, or with the keys of others', () => {
    const untrusted = { problem: 'it is signed by a key that this program does not trust' };
    expect(verifyFile(text, signature, [])).toEqual(untrusted);
    expect(verifyFile(text, signature, [otherKey!])).toEqual(untrusted);
    // The id of a key is not a secret: another key can take it.
    expect(verifyFile(text, signature, [{ id: key!.id, key: otherKey!.key }])).toEqual(invalid);
  });

  it('does not count for another file, or with parts of another signature', () => {
    const second = signFile(Buffer.from('another file'), 'sallyport 9.9.9', privateKey).split('\n');
    expect(verifyFile(Buffer.from('another file'), signature, [key!])).toEqual(invalid);
    for (const index of [1, 2, 3]) expect(verifyFile(text, withLine(index, second[index]!), [key!])).toEqual(invalid);
  });

  it('has one form', () => {
    const wrong = { problem: 'its signature is not one of minisign' };
    for (const one of [
      '',
      'x'.repeat(4096),
      lines.slice(0, 2).join('\n'),
      `${signature}\n`,
      `${signature}${signature}`,
      signature.replaceAll('\n', '\r\n'),
      withLine(1, `${lines[1]}=`),
      withLine(1, lines[1]!.slice(4)),
      withLine(1, Buffer.from(lines[1]!, 'base64').fill('Ed', 0, 2).toString('base64')),
      withLine(3, ''),
    ])
      expect(verifyFile(text, one, [key!])).toEqual(wrong);
  });

  it('does not count after any change of one character', () => {
    fc.assert(
      fc.property(fc.nat(signature.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (index, character) => {
        // The first line is no part of what is signed.
        fc.pre(index > lines[0]!.length && signature[index] !== character);
        const changed = `${signature.slice(0, index)}${character}${signature.slice(index + 1)}`;
        // The last newline may be missing, but cannot be another character.
        expect(verifyFile(text, changed, [key!])).toHaveProperty('problem');
      }),
    );
  });
});

describe('a public key', () => {
  it('is read from its file or its line, and from nothing else', () => {
    const line = releaseKeyLine(privateKey);
    expect(readReleaseKey(releaseKeyFile(line))).toEqual(readReleaseKey(line));
    for (const one of ['', 'x', `${line}=`, line.slice(4), `${line}\n${line}`, `RW${line}`])
      expect(readReleaseKey(one)).toBeUndefined();
  });
});
