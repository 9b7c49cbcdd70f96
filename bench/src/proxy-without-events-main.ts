import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const proxy = path.resolve(import.meta.dirname, '../../packages/proxy');
const trail = pathToFileURL(path.join(proxy, 'dist', 'audit', 'audit-trail.js')).href;
const original = JSON.stringify(`${trail}?original`);

// All that the module exports stays, except that requests and streams have no events.
const withoutEvents = `import { createAuditTrail as create } from ${original};
export * from ${original};
export function createAuditTrail(deps) {
  const nothing = () => undefined;
  const none = { open: nothing, commit: nothing, begun: nothing, answered: nothing, stream: nothing, closed: nothing };
  return { ...create(deps), ...none, written: undefined };
}`;

// The proxy itself has no switch for this, because a gateway without a trail must not exist.
registerHooks({
  load: (url, context, next) =>
    url === trail ? { format: 'module', source: withoutEvents, shortCircuit: true } : next(url, context),
});
await import(pathToFileURL(path.join(proxy, 'dist', 'main.js')).href);
