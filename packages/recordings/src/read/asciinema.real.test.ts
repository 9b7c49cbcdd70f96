import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { sampleRecording } from '../testing/sample-recording.ts';
import { readRecording } from './read-recording.ts';
import { toAsciicast } from './to-asciicast.ts';

it('the asciinema program shows what was printed, of whatever bytes and sizes there were', async () => {
  const sample = await sampleRecording({
    write(writer) {
      writer.resize(0, 65_535);
      writer.data('stdout', Buffer.from('\u001B[1mhe'));
      writer.data('stdin', Buffer.from('secret'));
      writer.resize(65_535, 0);
      for (const byte of Buffer.from('llo €\r\n')) writer.data('stdout', Buffer.from([byte]));
      writer.data('stdout', Buffer.from([0xed, 0xa0, 0x80, 0xe2]));
    },
  });
  const lines = [];
  const { id: recording, parts, fetch, identity } = sample;
  for await (const line of toAsciicast(readRecording({ recording, parts, fetch, identities: [identity] })))
    lines.push(`${line}\n`);
  const dir = mkdtempSync(join(tmpdir(), 'asciinema-'));
  try {
    const path = join(dir, 'session.cast');
    writeFileSync(path, lines.join(''));
    const output = join(dir, 'output');
    // It wants a terminal to read keys from.
    execFileSync('script', ['--quiet', '--return', '--command', `asciinema cat ${path} > ${output}`, '/dev/null'], {
      env: { ...process.env, HOME: dir, LC_ALL: 'C.UTF-8' },
      stdio: 'pipe',
    });
    expect(readFileSync(output, 'utf8')).toBe('\u001B[1mhello €\r\n\uFFFD\uFFFD\uFFFD\uFFFD');
  } finally {
    rmSync(dir, { recursive: true });
  }
});
