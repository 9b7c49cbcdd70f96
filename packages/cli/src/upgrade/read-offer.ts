import { installPath } from '@sallyport/contracts/answers';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { fetchBytes, type Bounds } from './fetch-bytes.ts';
import { readReleaseKey, verifyFile, type ReleaseKey } from './minisign.ts';
import { isVersion } from './versions.ts';

/** What a signed release contains: its version, and the SHA-256 of each of its files in hex, by their names. */
export type Offer = { version: string; files: ReadonlyMap<string, string> };

/** The failure of a release that no trusted key has signed, or whose signed parts do not belong together. */
export class UntrustedRelease extends CliError {
  constructor(why: string) {
    super(
      'unreachable',
      `the release that the gateway offers cannot be trusted: ${why}`,
      'Nothing was changed. Tell the operator of the gateway.',
    );
  }
}

const commentForm = /^sallyport (\S+)$/;
const lineForm = /^([0-9a-f]{64}) {2}([A-Za-z0-9._+-]+)$/;

/**
 * Reads SHA256SUMS of a release, after its signature was verified with one of `keys`. Every name must begin with the
 * version that the signed comment names. Throws an UntrustedRelease.
 */
export function readRelease(sums: Buffer, signature: Buffer, keys: readonly ReleaseKey[]): Offer {
  const verified = verifyFile(sums, signature.toString('utf8'), keys);
  if ('problem' in verified) throw new UntrustedRelease(verified.problem);
  const version = commentForm.exec(verified.comment)?.[1] ?? '';
  if (!isVersion(version)) throw new UntrustedRelease('its signed comment does not name a version');
  const files = new Map<string, string>();
  for (const line of sums.toString('latin1').replace(/\n$/, '').split('\n')) {
    const [, sum, name] = lineForm.exec(line) ?? [];
    if (sum === undefined || name === undefined) throw new UntrustedRelease('its list of files cannot be read');
    const rest = name.startsWith(`sallyport-${version}`) ? name.slice(`sallyport-${version}`.length) : '';
    if (!/^[.-]/.test(rest) || name.includes('..'))
      throw new UntrustedRelease(`it lists a file that does not belong to version ${version}`);
    if (files.has(name)) throw new UntrustedRelease('it lists a file twice');
    files.set(name, sum);
  }
  return { version, files };
}

const seconds = 1000;
const ofSums: Bounds = { maxBytes: 64 * 1024, deadlineMs: 30 * seconds, silenceMs: 10 * seconds };
const ofSignature: Bounds = { ...ofSums, maxBytes: 4 * 1024 };

/**
 * Asks a gateway which release it offers, and verifies it with the keys of this program. Sends no credential. Throws a
 * CliError if there is none, or if it cannot be trusted.
 */
export async function readOffer({ client, environment }: OpenGateway, deadlineMs = ofSums.deadlineMs): Promise<Offer> {
  const keys = environment.releaseKeys.map((line) => readReleaseKey(line)!);
  const fetchOne = (name: string, bounds: Bounds) =>
    fetchBytes({ client, path: `${installPath}/${name}`, what: name }, { ...bounds, deadlineMs });
  const [sums, signature] = await Promise.all([
    fetchOne('SHA256SUMS', ofSums),
    fetchOne('SHA256SUMS.minisig', ofSignature),
  ]);
  return readRelease(sums, signature, keys);
}
