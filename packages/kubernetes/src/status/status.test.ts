import { describe, expect, it } from '@jest/globals';
import { createStatus, statusForProblem } from './status.ts';

describe('a Status', () => {
  it('has what every client looks for and nothing undefined', () => {
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
  it('keeps its code, its words and what was asked', () => {
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

  it('leaves out what was not asked', () => {
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
