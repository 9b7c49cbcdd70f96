// Bundles what the Helm chart starts besides the services. The Dockerfile and `npm run image` both use this.
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { bundlePrograms } from './bundle-programs.mjs';

/** Bundles the programs into a directory. Returns the packages of others in them. */
export const bundleInstallation = (outdir) =>
  bundlePrograms('installation', ['create-secrets', 'check-installation'], outdir);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await bundleInstallation(process.argv[2]);
