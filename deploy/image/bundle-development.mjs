// Bundles what only the development image has, for docker-compose.yml and for an evaluation of the Helm chart. The
// Dockerfile and `npm run image` both use this.
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { bundlePrograms } from './bundle-programs.mjs';

const programs = ['setup', 'identity-provider', 'practice-cluster'];

/** Bundles the programs into a directory. Returns the packages of others in them. */
export const bundleDevelopment = (outdir) => bundlePrograms('development', programs, outdir);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await bundleDevelopment(process.argv[2]);
