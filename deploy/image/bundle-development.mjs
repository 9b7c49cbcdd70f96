// Bundles each program of packages/standalone/src/development into one file, so that the development image needs no
// other packages.
import path from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

const [outdir] = process.argv.slice(2);
const source = path.resolve(import.meta.dirname, '../../packages/standalone/src/development');
const programs = ['setup', 'identity-provider', 'practice-cluster'];

await build({
  entryPoints: Object.fromEntries(programs.map((name) => [name, path.join(source, `${name}-main.ts`)])),
  outdir,
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
