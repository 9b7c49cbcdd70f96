import { describe, expect, it } from '@jest/globals';
import { createStatus, statusForProblem } from './status.ts';

describe('a Status', () => {
  it('has the fields that clients read, and no undefined ones', () => {
    expect(
      JSON.parse(JSON.stringify(createStatus({ code: 404, reason: 'NotFound', message: 'pods "a" not found' }))),
    ).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'NotFound',
      message: 'pods "a" not found',
      code: 404,
    });
  });

  it('is a success below 400', () => {
    expect(createStatus({ code: 200 })).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      code: 200,
    });
  });
});

describe('a problem shown as Status', () => {
  it('keeps its code, its detail and the requested object', () => {
    expect(
      statusForProblem({
        code: 'audit-unavailable',
        status: 503,
        reason: 'ServiceUnavailable',
        detail: 'No.',
        about: { apiGroup: 'apps', resource: 'deployments', name: 'web' },
        retryAfterSeconds: 2,
      }),
    ).toMatchObject({
      code: 503,
      reason: 'ServiceUnavailable',
      message: 'No.',
      details: {
        name: 'web',
        group: 'apps',
        kind: 'deployments',
        retryAfterSeconds: 2,
        causes: [{ reason: 'audit-unavailable', message: 'No.' }],
      },
    });
  });

  it('leaves out an unknown object', () => {
    expect(
      statusForProblem({
        code: 'unauthenticated',
        status: 401,
        reason: 'Unauthorized',
        detail: 'Log in.',
        about: { apiGroup: '', resource: '', name: '' },
      }).details,
    ).toEqual({ causes: [{ reason: 'unauthenticated', message: 'Log in.' }] });
  });
});
