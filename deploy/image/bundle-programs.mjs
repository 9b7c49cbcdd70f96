// Bundles programs of packages/standalone into one file each, so that the image needs no other packages for them.
import path from 'node:path';
import { build } from 'esbuild';

/**
 * Bundles `<name>-main.ts` of a folder below packages/standalone/src into `<outdir>/<name>.mjs`, for each name. Returns
 * the directories of the packages of others whose code they contain.
 */
export async function bundlePrograms(folder, programs, outdir) {
  const root = path.resolve(import.meta.dirname, '../..');
  const source = path.join(root, 'packages/standalone/src', folder);
  const { metafile } = await build({
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
    metafile: true,
    // oidc-provider looks up its settings by class name.
    keepNames: true,
    // CommonJS packages in an ES module need require.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  });
  return packagesIn(metafile);
}

function packagesIn({ outputs }) {
  const inputs = Object.values(outputs).flatMap((one) => Object.entries(one.inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return [...new Set(used.flatMap(([file]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []))];
}
