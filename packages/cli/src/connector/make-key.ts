import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeConnectorKey } from '@sallyport/connector/key';
import { stringify } from 'yaml';
import type { Environment } from '../environment/environment.ts';
import { fileFault, makeDirectory } from '../files/write-file.ts';
import { requireName } from '../input/names.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { writeResult, type OutputFormat } from '../terminal/output.ts';

export type KeyOptions = { name: string; out: string; output: OutputFormat };

/** `sallyport connector keygen`: never replaces a key, because the gateway would not know the new one. */
export async function makeKey(environment: Environment, { name, out, output }: KeyOptions): Promise<void> {
  requireName(name, 'a connector', 'Use lower-case letters, digits and hyphens, 63 at most.');
  const directory = path.resolve(environment.workingDirectory, out);
  const file = path.join(directory, 'connector.pem');
  const { privateKey, publicKey } = makeConnectorKey();
  try {
    makeDirectory(directory);
    writeFileSync(file, privateKey, { flag: 'wx', mode: 0o600 });
    // A umask may have taken more than others' rights.
    chmodSync(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new CliError('local-file', `${file} exists already, so it is not replaced`, 'Name another directory.');
    throw fileFault(file, error, 'Name a directory with --out in which you may create files.');
  }
  environment.stderr.write(`Wrote ${forTerminal(file)}. It is a secret: only the connector needs it.\n`);
  const entries = { connectors: [{ name, publicKeys: [publicKey] }] };
  await writeResult(
    environment,
    output,
    { file, ...entries },
    () => `# Add this to sallyport.yaml of the gateway.\n${stringify(entries, { lineWidth: 0 })}`,
  );
}
