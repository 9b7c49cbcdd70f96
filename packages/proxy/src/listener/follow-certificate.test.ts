import { mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createLogger, tlsOptions } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { rsa, server, serverKey, stranger, strangerKey } from '../testing/client-certificates.ts';
import { followCertificate } from './follow-certificate.ts';

describe('a certificate that is renewed on disk', () => {
  it('is used for new connections, and one that does not match leaves the old one in use', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-cert-'));
    const files = { certFile: path.join(directory, 'c'), keyFile: path.join(directory, 'k') };
    const used: unknown[] = [];
    const suites: unknown[] = [];
    const write = (cert: string, key: string, seconds: number) => {
      for (const [file, text] of [
        [files.certFile, cert],
        [files.keyFile, key],
      ] as const) {
        writeFileSync(file, text);
        utimesSync(file, seconds, seconds);
      }
    };
    write(server, serverKey, 1);
    const warnings: string[] = [];
    const { stop } = followCertificate({
      server: {
        setSecureContext: (options) => {
          used.push(options.cert);
          suites.push(options.ciphers);
        },
      },
      files,
      everyMs: 5,
      logger: createLogger({
        service: 'proxy',
        level: 'warn',
        destination: { write: (line: string) => void warnings.push(line) },
      }),
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(used).toEqual([]);
    write(stranger, strangerKey, 2);
    await until(() => used.includes(stranger));
    write('bad', 'bad', 3);
    await until(() => warnings.length > 0);
    // Of another kind (RSA and EC), as between the two writes of a renewal: OpenSSL would not notice.
    write(rsa.cert, strangerKey, 4);
    await until(() => warnings.some((line) => line.includes('does not belong')));
    write(server, serverKey, 5);
    await until(() => used.at(-1) === server);
    // Never the one without its key. A file that is looked at between two writes can be used twice.
    expect(new Set(used)).toEqual(new Set([stranger, server]));
    // A new context inherits nothing from the previous one, so the TLS profile is set again.
    expect(new Set(suites)).toEqual(new Set([tlsOptions().ciphers]));
    stop();
  });
});
