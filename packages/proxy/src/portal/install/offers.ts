import { installPath } from '@sallyport/contracts/answers';
import type { Downloads } from '../../downloads/open-downloads.ts';

type System = 'linux' | 'darwin' | 'windows';

/** A form of the command line that a visitor can download. */
export type Offer = {
  title: string;
  /** The system that an archive is for. The npm package is for any. */
  system: System | undefined;
  name: string;
  href: string;
  size?: number;
  sha256?: string;
};

/** The archives of a release, by the end of their names, and the npm package. */
const kinds: readonly { title: string; system?: System; end: string }[] = [
  { title: 'Linux, x86-64', system: 'linux', end: '-linux-x64.tar.gz' },
  { title: 'Linux, ARM', system: 'linux', end: '-linux-arm64.tar.gz' },
  { title: 'macOS, Apple silicon', system: 'darwin', end: '-darwin-arm64.tar.gz' },
  { title: 'macOS, Intel', system: 'darwin', end: '-darwin-x64.tar.gz' },
  { title: 'Windows', system: 'windows', end: '-windows-x64.zip' },
  { title: 'Any system with Node.js 20.12 or newer', end: '.tgz' },
];

/** Returns what can be downloaded. `origin` is that of the gateway. A URL of the configuration is taken to have it all. */
export function offersOf(
  { served, url }: Downloads,
  { origin, version }: { origin: string; version: string },
): Offer[] {
  return kinds.flatMap(({ title, system, end }) => {
    const name = `sallyport-${version}${end}`;
    if (url !== undefined) return [{ title, system, name, href: `${url}/${name}` }];
    const file = served?.release()?.files.get(name);
    if (!file) return [];
    return [{ title, system, name, href: `${origin}${installPath}/${name}`, size: file.size, sha256: file.sha256 }];
  });
}

/** Finds the system of a visitor by what browsers say of theirs. Undefined for phones and what is unknown. */
function systemOf(headers: Readonly<Record<string, string | string[] | undefined>>): System | undefined {
  const hint = /^"(Windows|macOS|Linux)"$/.exec(String(headers['sec-ch-ua-platform'] ?? ''))?.[1];
  const agent = hint ?? String(headers['user-agent'] ?? '');
  if (/Android|iPhone|iPad|Mobile/.test(agent)) return undefined;
  if (/Windows/.test(agent)) return 'windows';
  if (/macOS|Macintosh|darwin/i.test(agent)) return 'darwin';
  return /Linux/.test(agent) ? 'linux' : undefined;
}

/**
 * Divides what is offered into what a visitor needs, which comes first, and the rest. Browsers on macOS do not tell the
 * processor, so both archives are for the visitor. Firefox on Linux does.
 */
export function forVisitor(
  offers: readonly Offer[],
  headers: Parameters<typeof systemOf>[0],
): { own: Offer[]; others: Offer[] } {
  const system = systemOf(headers);
  const isArm = /aarch64|arm64/i.test(String(headers['user-agent'] ?? ''));
  const isOther = ({ name }: Offer) => system === 'linux' && name.includes('-arm64.') !== isArm;
  const archives = offers.filter((one) => system !== undefined && one.system === system && !isOther(one));
  const own = archives.length > 0 ? archives : offers.filter((one) => one.system === undefined);
  return { own, others: offers.filter((one) => !own.includes(one)) };
}
