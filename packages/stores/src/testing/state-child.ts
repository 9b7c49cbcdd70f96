// Changes stores in a directory until it is killed. Says on stdout what was acknowledged, a line each.
import { createLogger } from '@sallyport/kit';
import { openState } from '../embedded/open-state.ts';
import { createMemoryNameStore } from '../names/name-store.ts';
import { createMemorySessionStore } from '../sessions/create-memory-session-store.ts';
import { createMemorySingleUseStore } from '../single-use/single-use-store.ts';
import { exampleSession } from './example-session.ts';

const [directory = '', round = '1'] = process.argv.slice(2);
const { tables } = await openState(directory, { logger: createLogger({ service: 'test', level: 'silent' }) });
const deps = { now: Date.now, tables };
const sessions = createMemorySessionStore(deps);
const names = createMemoryNameStore(deps);
const singleUse = createMemorySingleUseStore(deps);

/** Pipes are written to at once, so what a line says was acknowledged before the process died. */
const say = (what: string, ...about: string[]) => process.stdout.write(`${[what, ...about].join(' ')}\n`);

async function work(worker: number): Promise<void> {
  for (let count = 0; ; count += 1) {
    const name = `r${round}-w${worker}-${count}`;
    const session = exampleSession(Date.now());
    await sessions.create(`hash-${name}`, { ...session, id: name });
    say('created', name);
    await singleUse.put('code', name, name, 600_000);
    if (count % 2 === 0) {
      await sessions.revoke(name, { by: 'test', reason: 'revoked' });
      say('revoked', name);
    }
    if ((await singleUse.take('code', name)) !== name) throw new Error(`the code of ${name} is gone`);
    say('taken', name);
    await names.hold(name, { uid: name, user: name });
    say('held', name);
  }
}
say('opened');
await Promise.all(Array.from({ length: 8 }, (_, worker) => work(worker)));
