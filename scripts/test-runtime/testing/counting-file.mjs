// What module-hooks.test.mjs loads like a test file. It hands what it finds to the `expect` that it is given.
import { expect } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import { next } from './counter.mjs';

expect({ count: next(), problem: ProblemError, url: import.meta.url });
