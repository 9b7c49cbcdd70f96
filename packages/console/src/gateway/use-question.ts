import { useState } from 'preact/hooks';
import { Refused, type Schema } from './ask-gateway.ts';
import { useAsking } from './use-answer.ts';

/** What is known of the answer to a question. `fault` says in words why there is none. */
type Known<T> = { value?: T; fault?: string; busy?: boolean };

/** Asks a question with a body when it is told to, and keeps the answer. */
export function useQuestion<T>(schema: Schema<T>): Known<T> & { ask(path: string, body: object): Promise<void> } {
  const { gateway } = useAsking();
  const [known, setKnown] = useState<Known<T>>({});
  return {
    ...known,
    async ask(path, body) {
      setKnown({ busy: true });
      try {
        const parsed = schema.safeParse(await gateway.send('POST', path, body));
        setKnown(parsed.success ? { value: parsed.data } : { fault: 'The answer cannot be read.' });
      } catch (error) {
        setKnown({ fault: error instanceof Refused ? error.message : 'It has failed.' });
      }
    },
  };
}
