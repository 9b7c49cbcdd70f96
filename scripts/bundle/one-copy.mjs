import { readFileSync } from 'node:fs';
import path from 'node:path';

const versionOf = (file) => JSON.parse(readFileSync(path.join(path.dirname(file), 'package.json'), 'utf8')).version;

/**
 * Takes the same copy of mime-types for all packages that need one version of it. npm installs one for each of express,
 * send, accepts and type-is, and each sorts all media types when it is loaded.
 */
export const oneCopy = {
  name: 'one-copy',
  setup({ initialOptions: { absWorkingDir }, onResolve, resolve }) {
    const resolveDir = path.join(absWorkingDir, 'node_modules/express');
    onResolve({ filter: /^mime-types$/ }, async ({ path: name, pluginData, kind, ...importing }) => {
      // This plugin itself resolves the name.
      if (pluginData === oneCopy) return undefined;
      const [own, common] = await Promise.all(
        [importing.resolveDir, resolveDir].map((from) =>
          resolve(name, { kind, importer: importing.importer, resolveDir: from, pluginData: oneCopy }),
        ),
      );
      const isSame =
        common.errors.length === 0 && own.errors.length === 0 && versionOf(own.path) === versionOf(common.path);
      return isSame ? common : own;
    });
  },
};
