import process from 'node:process';

/**
 * Whether the tests that kill, flood, wait or measure at length belong to this run: not in `npm test`, but in
 * `npm run test:full` and wherever files are run by their names.
 */
export const isFullRun = process.env['SALLYPORT_TESTS'] !== 'gate';
