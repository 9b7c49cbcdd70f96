import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument } from 'yaml';
import type { Rig } from './rig.ts';
import { certificate, key } from './certificates.ts';
import { writeServiceSettings } from './write-service-settings.ts';

/** An entry of the list of what an import still needs. */
export type Missing = { path: string; message: string; hint?: string };

/**
 * Provides what the list of an import names, and nothing else: settings in the result, files that they name, variables.
 * Files go to the directory of the test, so their settings change with them.
 */
export function fillIn(rig: Rig, file: string, missing: readonly Missing[]): void {
  const document = parseDocument(readFileSync(file, 'utf8'));
  const own = writeServiceSettings(rig.directory);
  const given = parseDocument(`${own.services}${own.sessions}${own.audit}`);
  const write = (name: string, text: string) => {
    writeFileSync(path.join(rig.directory, name), text);
    return name;
  };
  for (const { path: at, message } of missing) {
    const keys = at.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    const variable = /environment variable (\S+) is not set/.exec(message)?.[1];
    if (variable !== undefined)
      rig.environment.env[variable] = variable.endsWith('REDIS_URL') ? 'redis://redis:6379' : 'from-outside';
    else if (message.startsWith('the file ')) document.setIn(keys, `\${file:${write('secret', 'from-outside')}}`);
    else if (at === 'sessions.memory') document.setIn(['sessions'], given.get('sessions'));
    else if (message === 'is missing' || at === 'audit.kafka') document.setIn(keys, given.getIn(keys));
    else if (/cannot be read/.test(message))
      document.setIn(
        keys,
        /token/i.test(at) ? 'token' : /key/i.test(at) ? write('tls.key', key) : write('tls.crt', certificate),
      );
    else throw new Error(`the list names ${at}, which the test does not know: ${message}`);
  }
  writeFileSync(file, document.toString());
}
