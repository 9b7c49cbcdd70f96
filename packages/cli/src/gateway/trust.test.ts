import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, describe, expect, it } from '@jest/globals';
import { authority } from '../testing/certificates.ts';
import { systemAuthorities } from './trust.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-authorities-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the authorities of the system', () => {
  it('are what Node.js reads, if it can', () => {
    expect(systemAuthorities((type) => [`of ${type}`])).toEqual(['of default', 'of system']);
  });

  it('are read from the first file that is there, for a Node.js that cannot', () => {
    const file = path.join(directory, 'ca-certificates.crt');
    writeFileSync(file, authority);
    const found = systemAuthorities(null, [path.join(directory, 'none'), file, directory]);
    expect(found).toEqual([...tls.rootCertificates, authority]);
    expect(() => tls.createSecureContext({ ca: found })).not.toThrow();
  });

  it('are those of Node.js if no file is there', () => {
    expect(systemAuthorities(null, [path.join(directory, 'none')])).toEqual(tls.rootCertificates);
  });
});
