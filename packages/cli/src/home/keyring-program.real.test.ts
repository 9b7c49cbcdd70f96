import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gatewayAddress } from '../input/gateway-address.ts';
import { openKeyring, wantsKeyring } from './keyring.ts';

// The programs of macOS and Windows are simulated. Each one records its arguments, its environment and its input.

const secret = 'spt_0123456789abcdefABCDEF';
const record = 'printf "%s\\n" "$@" >> "$0.args"; env >> "$0.env"; kept="$0.kept"\n';
const look = '[ -f "$kept" ] || exit 44; cat "$kept"';
const programs: Record<string, { name: string; script: string }> = {
  darwin: {
    name: 'security',
    script: `${record}case $1 in
      -i) tee "$0.input" | sed -n 's/^add-generic-password -U -s "sallyport" -a ".*" -l "Sallyport" -w "\\(.*\\)"$/\\1/p' > "$kept" ;;
      find-generic-password) ${look} ;;
      delete-generic-password) [ -f "$kept" ] || exit 44; rm "$kept" ;;
    esac`,
  },
  win32: {
    name: 'powershell.exe',
    script: `${record}case $5 in
      *.Add*) tee "$0.input" | tr -d '\\r\\n' > "$kept" ;;
      *RetrievePassword*) ${look} ;;
      *.Remove*) [ -f "$kept" ] || exit 44; rm "$kept" ;;
    esac`,
  },
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-keyring-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function install(name: string, script: string): void {
  writeFileSync(path.join(directory, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(directory, name), 0o755);
}
const said = (name: string) => readFileSync(path.join(directory, name), 'utf8');
/** On a busy machine, a program may need longer than a person would wait. */
const patient = 60_000;
const open = (platform: NodeJS.Platform, limitMs = patient) =>
  openKeyring(
    { root: '/home/alice/.config/sallyport', gatewayDirectory: () => '' },
    gatewayAddress('https://gate.example.com:8443'),
    { platform, env: { PATH: `${directory}:${process.env.PATH}` } },
    limitMs,
  );

describe.each(['darwin', 'win32'] as const)('the keyring of %s', (platform) => {
  const { name, script } = programs[platform]!;

  it('gets the secret on standard input, and not in arguments or the environment', () => {
    install(name, script);
    const keyring = open(platform);
    expect(keyring.read()).toBeUndefined();
    keyring.write(secret);
    expect(keyring.read()).toBe(secret);
    keyring.remove();
    expect(keyring.read()).toBeUndefined();
    keyring.remove();
    expect(said(`${name}.input`)).toContain(secret);
    expect(said(`${name}.args`) + said(`${name}.env`)).not.toContain(secret);
    expect(said(`${name}.args`)).toContain('https://gate.example.com:8443#');
  });

  it('is not used if the program does not keep the secret, whatever it says about it', () => {
    install(name, 'exit 0');
    expect(() => open(platform).write(secret)).toThrow(`${name} did not keep the credential`);
  });

  it('is not used if the program fails, and an error does not contain the secret', () => {
    install(name, 'cat >&2; echo >&2; exit 1');
    const write = () => open(platform).write(secret);
    expect(write).toThrow(`${name} failed: `);
    expect(write).not.toThrow(secret);
    expect(() => open(platform).read()).toThrow(`${name} failed: `);
  });
});

describe('the program of a keyring', () => {
  it('has a time limit', () => {
    install('secret-tool', 'exec sleep 20');
    const begun = performance.now();
    expect(() => open('linux', 1000).read()).toThrow(
      'secret-tool did not finish within 1 s; the keyring may be locked',
    );
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('may be missing', () => {
    expect(existsSync(path.join(directory, 'powershell.exe'))).toBe(false);
    expect(() => open('win32').write(secret)).toThrow('powershell.exe is not installed');
  });
});

describe('SALLYPORT_KEYRING', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['0', false],
    ['1', true],
  ])('%s means %s', (value, wanted) => {
    expect(wantsKeyring({ env: { SALLYPORT_KEYRING: value } })).toBe(wanted);
  });

  it('is refused with another value, so that nobody takes files for a keyring', () => {
    expect(() => wantsKeyring({ env: { SALLYPORT_KEYRING: 'yes' } })).toThrow('SALLYPORT_KEYRING must be 1 or 0');
  });
});
