import { describe, expect, it } from '@jest/globals';
import { releaseKey, releaseOf, type Files } from '../testing/fake-release.ts';
import { readReleaseKey } from './minisign.ts';
import { readRelease } from './read-offer.ts';

const { privateKey, line } = releaseKey();
const keys = [readReleaseKey(line)!];

function read(files: Files, comment: string) {
  const made = releaseOf(files, comment, privateKey);
  return readRelease(Buffer.from(made.SHA256SUMS!), Buffer.from(made['SHA256SUMS.minisig']!), keys);
}

describe('a release', () => {
  it('has the version of its signed comment and of its files', () => {
    const { version, files } = read(
      { 'sallyport-1.2.3.tgz': 'x', 'sallyport-1.2.3-linux-x64.tar.gz': 'y' },
      'sallyport 1.2.3',
    );
    expect(version).toBe('1.2.3');
    expect([...files.keys()]).toEqual(['sallyport-1.2.3.tgz', 'sallyport-1.2.3-linux-x64.tar.gz']);
    expect(files.get('sallyport-1.2.3.tgz')).toMatch(/^2d711642b726b044/);
  });

  it.each([
    '',
    'sallyport',
    'sallyport v1.2.3',
    'sallyport 1.2.3 ',
    'other 1.2.3',
    'sallyport 1.2.3\u001b[2J',
    'x sallyport 1.2.3',
  ])('is refused, though signed, if its comment is %j', (comment) => {
    expect(() => read({ 'sallyport-1.2.3.tgz': 'x' }, comment)).toThrow('does not name a version');
  });

  it.each([
    'sallyport-1.2.4.tgz',
    'sallyport-1.2.30.tgz',
    'sallyport-1.2.3',
    'other-1.2.3.tgz',
    'sallyport-1.2.3-..-x.tgz',
    'minisign.pub',
  ])('is refused, though signed, with a file of another name: %s', (name) => {
    expect(() => read({ 'sallyport-1.2.3.tgz': 'x', [name]: 'y' }, 'sallyport 1.2.3')).toThrow(
      'lists a file that does not belong to version 1.2.3',
    );
  });

  it.each([
    '../sallyport-1.2.3.tgz',
    'sallyport-1.2.3/../x',
    '/sallyport-1.2.3.tgz',
    'sallyport-1.2.3\u001b[2J.tgz',
    'a b',
    '',
  ])('is refused, though signed, with a name that is a path or has other characters: %j', (name) => {
    expect(() => read({ 'sallyport-1.2.3.tgz': 'x', [name]: 'y' }, 'sallyport 1.2.3')).toThrow('cannot be read');
  });

  it('is refused, though signed, if it lists a file twice, or none', () => {
    const { SHA256SUMS: sums } = releaseOf({ 'sallyport-1.2.3.tgz': 'x' }, 'sallyport 1.2.3', privateKey);
    const twice = releaseOf({}, 'sallyport 1.2.3', privateKey);
    expect(() => read({}, 'sallyport 1.2.3')).toThrow('cannot be read');
    expect(twice.SHA256SUMS).toBe('');
    expect(sums).toHaveLength(64 + 2 + 20);
  });
});
