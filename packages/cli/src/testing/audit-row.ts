/** Returns an event as the gateway shows it. */
export const auditRow = (number: number, user = 'bob@example.com') => ({
  id: `e${number}`,
  type: 'k8s.request',
  source: 'sallyport/proxy',
  time: `2026-11-25T00:00:${String(number % 60).padStart(2, '0')}.000Z`,
  key: 'dev/s',
  result: 'refused',
  data: {
    verb: 'create',
    stage: 'ResponseComplete',
    requestURI: '/x',
    requestReceivedTimestamp: '2026-11-24T23:59:59.500000Z',
    user: { username: user },
    objectRef: { resource: 'pods', subresource: 'exec', namespace: 'dev', name: 'web' },
    responseStatus: { code: 403 },
    sallyport: {
      cluster: { id: 'dev', name: 'dev' },
      policyVerb: 'exec',
      decision: { effect: 'deny' },
      durationMs: 1540,
    },
  },
});
