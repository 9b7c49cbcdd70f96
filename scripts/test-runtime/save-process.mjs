import process from 'node:process';

const same = (one, other) => ['value', 'get', 'set'].every((key) => Object.is(one[key], other[key]));

/** Notes the properties of an object. Returns a function that restores them and deletes those that were added. */
function saveProperties(object) {
  const saved = new Map(Reflect.ownKeys(object).map((key) => [key, Object.getOwnPropertyDescriptor(object, key)]));
  return () => {
    for (const key of Reflect.ownKeys(object)) if (!saved.has(key)) Reflect.deleteProperty(object, key);
    for (const [key, descriptor] of saved) {
      const now = Object.getOwnPropertyDescriptor(object, key);
      if (descriptor.configurable && (now === undefined || !same(now, descriptor)))
        Object.defineProperty(object, key, descriptor);
      else if (descriptor.writable && !Object.is(now.value, descriptor.value)) object[key] = descriptor.value;
    }
  };
}

/** Notes the listeners of the process. Returns a function that removes those that were added. */
function saveListeners() {
  const saved = new Map(process.eventNames().map((name) => [name, new Set(process.rawListeners(name))]));
  return () => {
    for (const name of process.eventNames())
      for (const listener of process.rawListeners(name))
        if (name !== 'exit' && !saved.get(name)?.has(listener)) process.removeListener(name, listener);
  };
}

/**
 * Notes what a test file may change of its process: globals, the environment, the directory, listeners, and functions
 * like `process.exit`. Returns a function that restores all of it.
 */
export function saveProcess() {
  const environment = { ...process.env };
  const directory = process.cwd();
  const undo = [saveProperties(globalThis), saveProperties(process), saveListeners()];
  return () => {
    for (const name of Object.keys(process.env)) if (!Object.hasOwn(environment, name)) delete process.env[name];
    for (const [name, value] of Object.entries(environment)) if (process.env[name] !== value) process.env[name] = value;
    if (process.cwd() !== directory) process.chdir(directory);
    for (const each of undo) each();
  };
}
