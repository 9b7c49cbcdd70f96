// Bundles programs of packages/standalone into one file each, so that the image needs no other packages for them.
import path from 'node:path';
import { build } from 'esbuild';

/** Bundles `<name>-main.ts` of a folder below packages/standalone/src into `<outdir>/<name>.mjs`, for each name. */
export function bundlePrograms(folder, programs, outdir) {
  const root = path.resolve(import.meta.dirname, '../..');
  const source = path.join(root, 'packages/standalone/src', folder);
  return build({
    // Names of files in the output are relative to it.
    absWorkingDir: root,
    entryPoints: Object.fromEntries(programs.map((name) => [name, path.join(source, `${name}-main.ts`)])),
    outdir: path.resolve(outdir),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    conditions: ['source'],
    logLevel: 'warning',
    // oidc-provider looks up its settings by class name.
    keepNames: true,
    // CommonJS packages in an ES module need require.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  });
}
