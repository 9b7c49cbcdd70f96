import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

export function goModuleDirectory(module: string): string {
  return path.join(packageRoot, 'go', module);
}

export function pomFile(pom: string): string {
  return path.join(packageRoot, 'maven', pom, 'pom.xml');
}

export function requirementsFile(requirements: string): string {
  return path.join(packageRoot, 'python', requirements, 'requirements.txt');
}

/** Reads the version of `dependency` that a go.mod requires, without the leading v. */
export function requiredGoVersion(goMod: string, dependency: string): string {
  const escaped = dependency.replaceAll('.', '\\.');
  const found = new RegExp(`^(?:require\\s+|\\s+)${escaped}\\s+v(\\S+)`, 'm').exec(goMod);
  if (!found) throw new Error(`go.mod does not require ${dependency}`);
  return found[1]!;
}

/** Reads the version of the project from a POM. */
export function pomVersion(pom: string): string {
  const found = /<artifactId>bed-[^<]+<\/artifactId>\s*<version>([^<]+)<\/version>/.exec(pom);
  if (!found) throw new Error('the POM has no version');
  return found[1]!;
}

export function goVersionOf(module: string, dependency: string): string {
  return requiredGoVersion(readFileSync(path.join(goModuleDirectory(module), 'go.mod'), 'utf8'), dependency);
}

export function pomVersionOf(pom: string): string {
  return pomVersion(readFileSync(pomFile(pom), 'utf8'));
}

/** Reads the version of `dependency` that requirements pin. */
export function requirementsVersionOf(requirements: string, dependency: string): string {
  const found = new RegExp(`^${dependency}==(\\S+)(?: \\\\)?$`, 'm').exec(
    readFileSync(requirementsFile(requirements), 'utf8'),
  );
  if (!found) throw new Error(`the requirements do not pin ${dependency}`);
  return found[1]!;
}

/** Returns a short digest of the pinned requirements, so that an environment is rebuilt when any of them changes. */
export function requirementsDigest(requirements: string): string {
  return createHash('sha256')
    .update(readFileSync(requirementsFile(requirements)))
    .digest('hex')
    .slice(0, 8);
}
