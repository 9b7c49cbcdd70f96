/**
 * @jest-environment ./test-e2e/src/attacks/attack-environment.mjs
 */
import { afterAll, afterEach, beforeAll, describe, it } from '@jest/globals';
import { fuzzHttp2 } from '../fuzz/fuzz-http2.ts';
import { http2Fixture, resetHttp2Fixture, startHttp2Fixture, stopHttp2Fixture } from './fixtures/http2-fixture.ts';
import { attackBodies } from './http2/bodies.ts';
import { attackByFloods } from './http2/floods.ts';
import { attackBorder, attackHeads } from './http2/heads.ts';
import { attackSharing } from './http2/sharing.ts';
import { attackDisconnects, attackWindows } from './http2/windows.ts';
import { compareTable } from './table-of-attacks.ts';

describe('attacks over HTTP/2', () => {
  beforeAll(startHttp2Fixture);
  afterAll(stopHttp2Fixture);
  afterEach(resetHttp2Fixture);

  attackByFloods();
  attackWindows();
  attackDisconnects();
  attackHeads();
  attackBorder();
  attackBodies();
  attackSharing();

  it('executes only what was judged of 1,000 requests that were changed at random', () => {
    const { gateway, dev, token } = http2Fixture();
    return fuzzHttp2({ gateway, requests: dev.requests, token }, 1000);
  });

  compareTable('http2-attacks.e2e.ts');
});
