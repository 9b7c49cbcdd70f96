// Runs a test file with jest-circus, loaded by Node.js itself (module-hooks.mjs) instead of jest's module registry.
import { createRequire } from 'node:module';
// Loaded before the environment notes the globals, to which it adds its own.
import '@jest/expect';
import circus from 'jest-circus/runner';
import { importTestFile } from './module-hooks.mjs';

const require = createRequire(import.meta.url);

/** Loads the part of jest-circus that keeps the tests of a file, anew for each file. */
function loadAnew(file) {
  delete require.cache[file];
  return require(file);
}

export default function runTestFile(globalConfig, config, environment, runtime, testPath, sendMessageToJest) {
  Object.assign(runtime, {
    requireInternalModule: loadAnew,
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: (file) => importTestFile(file, runtime.jestGlobals.cjsGlobals(file)),
  });
  return circus.default(globalConfig, config, environment, runtime, testPath, sendMessageToJest);
}
