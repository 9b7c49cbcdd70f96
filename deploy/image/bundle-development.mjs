// Bundles what only the development image has, for docker-compose.yml.
import process from 'node:process';
import { bundlePrograms } from './bundle-programs.mjs';

const [outdir] = process.argv.slice(2);
const programs = ['setup', 'identity-provider', 'practice-cluster'];

await bundlePrograms('development', programs, outdir);
