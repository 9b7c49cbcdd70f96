// One project for the quick suite (beside the sources), one for what tests a package against real programs (Redis,
// PostgreSQL's engine, shells, threads), two for the whole-system suite: `e2e` shares one bed that is started for the
// run, `bed` has the tests that start beds of their own, `fuzzing` needs none. A machine has room for one node, so the
// two never run in one call of jest.
const base = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.sallyport/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
};

const sharedBed = {
  globalSetup: '<rootDir>/test-e2e/src/harness/global-setup.ts',
  globalTeardown: '<rootDir>/test-e2e/src/harness/global-teardown.ts',
};

export default {
  testSequencer: '<rootDir>/scripts/longest-first.mjs',
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/packages/*/src/**/*.test.ts', '<rootDir>/scripts/**/*.test.mjs'],
      testPathIgnorePatterns: [...base.testPathIgnorePatterns, '\\.real\\.test\\.ts$'],
    },
    { ...base, displayName: 'real', testMatch: ['<rootDir>/packages/*/src/**/*.real.test.ts'] },
    { ...base, ...sharedBed, displayName: 'e2e', testMatch: ['<rootDir>/test-e2e/src/**/*.e2e.ts'] },
    {
      ...base,
      displayName: 'bed',
      testMatch: ['<rootDir>/packages/bed/src/**/*.bed.ts', '<rootDir>/test-e2e/src/**/*.bed.ts'],
    },
    { ...base, displayName: 'fuzzing', testMatch: ['<rootDir>/test-e2e/src/**/*.fuzz.ts'] },
    { ...base, ...sharedBed, displayName: 'slow', testMatch: ['<rootDir>/test-e2e/src/**/*.slow.ts'] },
  ],
};
