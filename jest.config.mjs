// The projects:
//   unit     quick tests, next to the sources
//   real     tests of one package against real programs: Redis, PostgreSQL's engine, shells, threads
//   e2e      tests of the whole system, which share one bed
//   bed      tests of the whole system that start their own bed
//   pods     tests of Sallyport as pods of a cluster, from its image, which share one bed
//   upgrade  an earlier version and this one as pods, in every mix
//   fuzzing  longer runs of the property tests
//   slow     measurements and soak tests
// A machine has room for one node, so `e2e`, `bed` and `pods` never run in the same call of jest.
import process from 'node:process';

/**
 * What kills, floods, pauses, waits for time-outs or measures is left out of `npm test`, and is part of
 * `npm run test:full`: see CONTRIBUTING.md.
 */
const leftOut = process.env.SALLYPORT_TESTS === 'gate' ? ['\\.full\\.(?:e2e|pods|bed|real\\.test)\\.ts$'] : [];

const base = {
  // Node.js loads the sources, once for each worker: see docs/adr/0093-node-loads-the-tests.md.
  testEnvironment: '<rootDir>/scripts/test-runtime/host-environment.mjs',
  testRunner: '<rootDir>/scripts/test-runtime/run-test-file.mjs',
  transform: {},
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.sallyport/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', ...leftOut],
};

const sharedBed = {
  globalSetup: '<rootDir>/test-e2e/src/harness/global-setup.ts',
  globalTeardown: '<rootDir>/test-e2e/src/harness/global-teardown.ts',
};

export default {
  // A busy machine is slow. A test that hangs still ends, so no test needs a shorter limit of its own.
  testTimeout: 300_000,
  testSequencer: '<rootDir>/scripts/longest-first.mjs',
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/packages/*/src/**/*.test.ts', '<rootDir>/scripts/**/*.test.mjs'],
      testPathIgnorePatterns: [...base.testPathIgnorePatterns, '\\.real\\.test\\.ts$'],
    },
    { ...base, displayName: 'real', testMatch: ['<rootDir>/packages/*/src/**/*.real.test.ts'] },
    {
      ...base,
      ...sharedBed,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test-e2e/src/**/*.e2e.ts'],
      runner: '<rootDir>/scripts/side-by-side.mjs',
    },
    {
      ...base,
      displayName: 'bed',
      testMatch: ['<rootDir>/packages/bed/src/**/*.bed.ts', '<rootDir>/test-e2e/src/**/*.bed.ts'],
    },
    {
      ...base,
      ...sharedBed,
      displayName: 'pods',
      testMatch: ['<rootDir>/test-e2e/src/**/*.pods.ts'],
      runner: '<rootDir>/scripts/side-by-side.mjs',
    },
    { ...base, ...sharedBed, displayName: 'upgrade', testMatch: ['<rootDir>/test-e2e/src/**/*.upgrade.ts'] },
    { ...base, displayName: 'fuzzing', testMatch: ['<rootDir>/test-e2e/src/**/*.fuzz.ts'] },
    { ...base, ...sharedBed, displayName: 'slow', testMatch: ['<rootDir>/test-e2e/src/**/*.slow.ts'] },
  ],
};
