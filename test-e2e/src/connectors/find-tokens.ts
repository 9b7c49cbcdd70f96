import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

type Where = { text: string; directory?: string; subject: string };

/** Returns the tokens of a ServiceAccount in a text, and in all files below a directory. */
export function findTokens({ text, directory, subject }: Where): string[] {
  const files =
    directory === undefined
      ? []
      : readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = files.map(({ parentPath, name }) => readFileSync(path.join(parentPath, name), 'latin1'));
  return [text, ...texts].flatMap((one) =>
    [...one.matchAll(/eyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]+/g)]
      .filter(([, claims]) => Buffer.from(claims!, 'base64url').toString().includes(subject))
      .map(([token]) => token),
  );
}
