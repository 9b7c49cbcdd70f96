import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const proxy = path.resolve(import.meta.dirname, '../../packages/proxy');
const trail = pathToFileURL(path.join(proxy, 'dist', 'audit', 'audit-trail.js')).href;

const withoutEvents = `export function createAuditTrail() {
  const nothing = () => undefined;
  return { open: nothing, commit: nothing, answered: nothing, stream: nothing, closed: nothing };
}`;

// The proxy itself has no switch for this, because a gateway without a trail must not exist.
registerHooks({
  load: (url, context, next) =>
    url === trail ? { format: 'module', source: withoutEvents, shortCircuit: true } : next(url, context),
});
await import(pathToFileURL(path.join(proxy, 'dist', 'main.js')).href);
