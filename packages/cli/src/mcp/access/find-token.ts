import path from 'node:path';
import type { Environment } from '../../environment/environment.ts';
import { readTokenFile, requireToken } from './read-token-file.ts';

/** Where a token comes from other than a login. `read` reads it anew, because a file may get another one. */
export type GivenToken = { source: string; read(): string };

/** Finds the token in `--token-file` or SALLYPORT_TOKEN. Returns undefined if none is given. Throws a CliError. */
export function findToken(environment: Environment, tokenFile: string | undefined): GivenToken | undefined {
  const variable = environment.env.SALLYPORT_TOKEN ?? '';
  if (tokenFile === undefined && variable === '') return undefined;
  const given: GivenToken =
    tokenFile === undefined
      ? { source: 'SALLYPORT_TOKEN', read: () => requireToken(variable, 'SALLYPORT_TOKEN') }
      : {
          source: tokenFile,
          read: () => readTokenFile(path.resolve(environment.workingDirectory, tokenFile), environment.platform),
        };
  given.read();
  return given;
}
