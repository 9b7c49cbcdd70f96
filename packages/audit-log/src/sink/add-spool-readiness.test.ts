import { expect, it } from '@jest/globals';
import { createReadiness } from '@sallyport/kit';
import { addSpoolReadiness } from './add-spool-readiness.ts';

it('a service is not ready while the disk of its spool fails, and is again when it works', async () => {
  const readiness = createReadiness();
  let reason: string | undefined;
  addSpoolReadiness(readiness, { failure: () => reason });
  expect(await readiness.report()).toEqual({ ready: true, checks: { spool: 'ok' } });
  reason = 'EIO: the disk reports an error';
  expect(await readiness.report()).toEqual({
    ready: false,
    checks: { spool: 'the disk of the audit spool fails: EIO: the disk reports an error' },
  });
  reason = undefined;
  expect((await readiness.report()).ready).toBe(true);
});

it('a service without a spool has no such check', async () => {
  const readiness = createReadiness();
  addSpoolReadiness(readiness, {});
  expect(await readiness.report()).toEqual({ ready: true, checks: {} });
});
