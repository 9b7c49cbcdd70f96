import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';

/** Compares two versions in the order of Semantic Versioning. Returns a number below, equal to or above 0. */
export const compareVersions = (one: string, other: string): number => compare(one, other);

/** Reports whether a text is a version, in the one form that releases use: without a `v`, blanks or build metadata. */
export const isVersion = (text: string): boolean => parse(text)?.version === text;

/**
 * Describes how far a client and a gateway are apart if that is more than one minor version, or if their major versions
 * differ. Returns undefined if they are near, or if one of the texts is not a version.
 */
export function describeDistance(client: string, gateway: string): string | undefined {
  const [own, other] = [parse(client), parse(gateway)];
  if (own === null || other === null) return undefined;
  const isFar = own.major !== other.major || Math.abs(own.minor - other.minor) > 1;
  if (!isFar) return undefined;
  const older = own.compare(other) < 0 ? 'this program is' : 'the gateway is';
  const by = own.major === other.major ? `${Math.abs(own.minor - other.minor)} minor versions` : 'a major version';
  return `${older} ${by} older, so some commands may not work`;
}
