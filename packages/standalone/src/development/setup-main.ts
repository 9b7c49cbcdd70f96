import process from 'node:process';
import { parseArgs } from 'node:util';
import { prepareFiles } from './prepare-files.ts';

const { values } = parseArgs({
  options: {
    directory: { type: 'string', default: '.' },
    'gateway-name': { type: 'string', multiple: true, default: ['localhost'] },
    'cluster-name': { type: 'string', multiple: true, default: ['practice-cluster'] },
  },
});
const wrote = await prepareFiles({
  directory: values.directory,
  gatewayNames: values['gateway-name'],
  clusterNames: values['cluster-name'],
  now: Date.now,
});
process.stdout.write(wrote.length === 0 ? 'Everything exists already.\n' : `Wrote ${wrote.join(', ')}.\n`);
