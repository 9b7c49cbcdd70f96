// The environment of test files: the global object of the worker itself. jest's own environment creates a V8 context for
// each file, into which it must load every dependency again. What a file changes of the process is undone after it.
import process from 'node:process';
import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';
import { nameSources } from './name-sources.mjs';
import { saveProcess } from './save-process.mjs';
import { noteStep } from './worker-trail.mjs';

const trails = process.env.SALLYPORT_TEST_TRAILS;

/** Returns the titles of the blocks around a test, and its own. */
function namesOf(test) {
  const names = [test.name];
  for (let block = test.parent; block?.parent; block = block.parent) names.unshift(block.name);
  return names;
}

export default class HostEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  // jest's older fake timers.
  fakeTimers = null;
  fakeTimersModern;
  #undo;
  #getBuiltinModule = process.getBuiltinModule;

  constructor({ projectConfig }, { testPath }) {
    noteStep(trails, { file: testPath });
    this.#undo = saveProcess();
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup() {
    // jest routes this through its module registry, which these files do not use.
    process.getBuiltinModule = this.#getBuiltinModule;
  }

  handleTestEvent(event) {
    if (event.name === 'test_start') noteStep(trails, { test: namesOf(event.test) });
    if (event.name === 'test_done') for (const error of event.test.errors.flat()) nameSources(error);
  }

  async teardown() {
    this.fakeTimersModern?.dispose();
    this.fakeTimersModern = null;
    this.moduleMocker.restoreAllMocks();
    this.#undo();
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  /** There is none. jest asks for it before it loads a file into a context. */
  getVmContext() {
    return null;
  }
}
