// One project for the quick suite (beside the sources) and one for the whole-system suite.
const base = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
      module: { type: 'es6' },
      sourceMaps: 'inline',
    }],
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.sallyport/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
};

export default {
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/packages/*/src/**/*.test.ts', '<rootDir>/scripts/**/*.test.mjs'] },
    { ...base, displayName: 'e2e', testMatch: ['<rootDir>/test-e2e/src/**/*.e2e.ts', '<rootDir>/packages/bed/src/**/*.bed.ts'] },
    { ...base, displayName: 'slow', testMatch: ['<rootDir>/test-e2e/src/**/*.slow.ts'] },
  ],
};
